import type { Connection, DoctorLine, Mailbox } from '#contract';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#platform';
import { line, unknown } from '../doctor-line.js';

const QUIET_MS = 7 * DAY_MS;
/** It is looked into every minute; after this nobody does. */
const UNSEEN_MS = 10 * MINUTE_MS;
/** Trouble that mends itself has mostly done so by then. */
const LASTING_MS = HOUR_MS;
const LAG_S_MAX = 15 * 60;

/** Whether mail comes in, as far as it was seen: over IMAP by how looking went, else by when the last mail came. */
export function mailInLine(connection: Connection, mailbox: Mailbox, now: Date): DoctorLine {
  return mailbox.inbound === 'imap' ? fetchedLine(mailbox, now) : broughtLine(connection, now);
}

/** Whether mail to `name+anything@…` comes in, which is how answers find their conversation when mail programs lose its thread. */
export function plusAddressingLine({ settings, plusAddressingWorks: works }: Mailbox): DoctorLine {
  const check = 'plus_addressing';
  if (settings.plusAddressing === 'off') {
    return line(check, 'good', 'plus_off', {
      message: 'Plus addresses are switched off: answers find their conversation by their headers.',
    });
  }
  if (works === true) {
    return line(check, 'good', 'plus_works', { message: 'Mail to plus addresses (name+anything@…) comes in: a test mail came back.' });
  }
  if (works === false) {
    const verdict = settings.plusAddressing === 'on' ? 'bad' : 'warning';
    const message =
      'Mail to plus addresses (name+anything@…) does not come in: the test mail to the address came back, the one with a plus did not.';
    return line(check, verdict, 'plus_fails', { message, remedy: 'self_test' });
  }
  const message = 'It is not known yet whether mail to plus addresses (name+anything@…) comes in. Send a test mail to find out.';
  return { ...unknown(check, 'plus_unknown', message), remedy: { kind: 'self_test', url: null } };
}

function fetchedLine({ health }: Mailbox, now: Date): DoctorLine {
  const { error, lastSeenAt, lagSeconds, folders } = health;
  const unseen = folders.filter(({ lastSeenAt: at }) => isOlder(at, UNSEEN_MS, now)).map(({ path }) => path);
  if (error !== null) {
    const isLasting = error.remedy === 'reconnect' || isOlder(error.since, LASTING_MS, now);
    const { code, message } = error;
    return line('mail_in', isLasting ? 'bad' : 'warning', code, {
      message,
      names: unseen,
      ...(error.remedy === 'try_later' ? {} : { remedy: 'reconnect' as const }),
    });
  }
  if (lastSeenAt === null) {
    return line('mail_in', 'warning', 'not_looked_yet', { message: 'The mailbox was not looked into yet. That takes a minute at most.' });
  }
  if (isOlder(lastSeenAt, UNSEEN_MS, now)) {
    const message = 'Nobody has looked into this mailbox for a while: the part of Omnidesk that fetches mail does not run.';
    return line('mail_in', 'bad', 'not_fetched', { message, remedy: 'operator' });
  }
  if (lagSeconds !== null && lagSeconds > LAG_S_MAX) {
    const minutes = String(Math.round(lagSeconds / 60));
    const message = `Mail lies in the mailbox for ${minutes} minutes before it is fetched.`;
    return line('mail_in', 'warning', 'fetched_late', { message, names: [minutes] });
  }
  return line('mail_in', 'good', 'fetched', { message: 'The mailbox was looked into a moment ago, and let us in.' });
}

function broughtLine({ lastReceivedAt }: Connection, now: Date): DoctorLine {
  if (lastReceivedAt === null) {
    const message = 'No mail has come in yet. Send one to the address, and see that it is forwarded here.';
    return line('mail_in', 'warning', 'nothing_yet', { message });
  }
  if (isOlder(lastReceivedAt, QUIET_MS, now)) {
    const day = lastReceivedAt.slice(0, 10);
    const message = `The last mail came in on ${day}. If customers have written since, look at the forwarding.`;
    return line('mail_in', 'warning', 'quiet', { message, names: [day] });
  }
  return line('mail_in', 'good', 'heard_lately', { message: 'Mail has come in during the last week.' });
}

function isOlder(at: string | null, ms: number, now: Date): boolean {
  return at !== null && now.getTime() - new Date(at).getTime() > ms;
}
