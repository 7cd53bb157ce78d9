import { zoneOfWindowsName } from './windows-zones.js';

const ZONE_CHARS_MAX = 100;
/** Formatters are slow to make, and a mail names one or two zones. */
const FORMATS_MAX = 100;
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * The time zone a calendar file means, by its IANA name; null when nobody knows it.
 *
 * Shape    an IANA name, a Windows name, either with a path or quotes around it as some programs write them
 */
export function knownZone(label: string): string | null {
  const plain = label.slice(0, ZONE_CHARS_MAX).replaceAll('"', '').trim();
  if (plain === '') return null;
  // "/freeassociation.sourceforge.net/Europe/Amsterdam", "/mozilla.org/20050126_1/Europe/Amsterdam"
  const tail =
    /(?:^|\/)((?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)\/[A-Za-z0-9_+/-]{1,60})$/.exec(plain);
  const candidate = zoneOfWindowsName(plain) ?? tail?.[1] ?? plain;
  return formatOf(candidate) === null ? null : candidate;
}

/** The instant at which clocks in `zone` show these figures, given as milliseconds as if they were UTC. */
export function instantIn(zone: string, clockMs: number): number | null {
  const format = formatOf(zone);
  if (format === null) return null;
  // Twice, because the offset before a change of the clocks may not be the one after it.
  const guess = clockMs - offsetMs(format, clockMs);
  return clockMs - offsetMs(format, guess);
}

function offsetMs(format: Intl.DateTimeFormat, instant: number): number {
  const figures = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const of = (type: Intl.DateTimeFormatPartTypes): number => figures.get(type) ?? 0;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - instant;
}

function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  try {
    const figure = '2-digit';
    const format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: figure, day: figure, hour: figure, minute: figure, second: figure },
    });
    if (formats.size < FORMATS_MAX) formats.set(zone, format);
    return format;
  } catch {
    return null; // an unknown zone is an answer here
  }
}
