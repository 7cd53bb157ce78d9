import { MINUTE_MS } from '#platform';

/** More than anybody writes who wants an answer, and than any list sends that somebody reads. */
const MAILS_MAX = 60;
const WINDOW_MS = 10 * MINUTE_MS;
/** People that are watched; beyond it those who wrote longest ago are forgotten, and may begin anew. */
const PEOPLE_MAX = 50_000;

/** One mail of one person, as it came to one mailbox. */
export interface CountedMail {
  person: string;
  deliveryId: string;
  arrivedAt: Date;
}

/**
 * Counts how many mails a person sends to a mailbox, so that a machine gone wild fills the quarantine and not the inbox.
 *
 * Limits   60 in 10 minutes, by the time they arrived; in this process's memory, so that a restart forgives
 * Repeats  a delivery that is read again counts once
 */
export class FloodGate {
  private readonly people = new Map<string, Map<string, number>>();

  /** True when this one is beyond the limit; the others stay. */
  isFlood({ person, deliveryId, arrivedAt }: CountedMail): boolean {
    const atMs = arrivedAt.getTime();
    const counted = this.people.get(person) ?? new Map<string, number>();
    for (const [id, earlierMs] of counted) if (Math.abs(atMs - earlierMs) > WINDOW_MS) counted.delete(id);
    const isCounted = counted.has(deliveryId);
    const isFlood = !isCounted && counted.size >= MAILS_MAX;
    if (!isFlood) counted.set(deliveryId, atMs);
    // Whoever wrote last is last: the first key is whom nobody has heard of for longest.
    this.people.delete(person);
    this.people.set(person, counted);
    if (this.people.size > PEOPLE_MAX) this.people.delete(this.people.keys().next().value!);
    return isFlood;
  }
}
