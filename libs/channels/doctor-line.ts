import type { DoctorLine } from '#contract';

type Remedy = NonNullable<DoctorLine['remedy']>['kind'];

/** One line of what the doctor found. `outside` needs the address where to go. */
export function line(
  check: DoctorLine['check'],
  verdict: DoctorLine['verdict'],
  code: string,
  { message, names = [], remedy, url }: { message: string; names?: string[]; remedy?: Remedy; url?: string },
): DoctorLine {
  return { check, verdict, code, message, names, remedy: remedy === undefined ? null : { kind: remedy, url: url ?? null } };
}

/** A look that must end, whoever does not answer: what took too long, or failed, is unknown. */
export async function looked(check: DoctorLine['check'], timeoutMs: number, look: () => Promise<DoctorLine>): Promise<DoctorLine> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<DoctorLine>((resolve) => {
    timer = setTimeout(() => resolve(unknown(check, 'timed_out', 'This took too long to look at. Look again in a moment.')), timeoutMs);
  });
  try {
    return await Promise.race([look(), tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

export function unknown(check: DoctorLine['check'], code: string, message: string): DoctorLine {
  return line(check, 'unknown', code, { message });
}
