import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { NewOperatorAddress, OperatorAddresses } from '#contract';
import { Clock, Database, isAddressIn, notFound, Refusal, type Tx } from '#platform';
import { readRange } from './address-range.js';
import { type OperatorActor, operatorAuditedAs } from './operator.js';

const RANGES_MAX = 200;

interface AddressRow {
  range: string;
  label: string;
  added_at: Date;
}

/** From where operators may come. Asked before anything else, and never from memory: what is taken off the list is off at once. */
@Injectable()
export class OperatorAddressList {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  /** An empty list lets nobody in. */
  async allows(address: string): Promise<boolean> {
    const rows = await this.db.query<AddressRow>('select range from operator_address');
    return isAddressIn(
      address,
      rows.map(({ range }) => range),
    );
  }

  /** Shape    yours: where the question comes from */
  async list(yours: string): Promise<OperatorAddresses> {
    const rows = await this.db.query<AddressRow>('select * from operator_address order by added_at, range limit $1', [RANGES_MAX]);
    return {
      yours,
      items: rows.map(({ range, label, added_at }) => ({
        range,
        label,
        addedAt: added_at.toISOString(),
        isYours: isAddressIn(yours, [range]),
      })),
    };
  }

  /** Errors: invalid `bad_range`; unprocessable `too_many_ranges`. Repeats: a range that is on the list gets the new label. */
  async add(actor: OperatorActor, { range: text, label }: NewOperatorAddress): Promise<string> {
    const range = demandRange(text);
    await this.db.inInstallation(async (tx) => {
      const known = await lockList(tx);
      if (known.length >= RANGES_MAX)
        throw new Refusal('unprocessable', 'too_many_ranges', 'The list is full. Remove a range, or use a wider one.');
      await tx.query(
        'insert into operator_address (range, label, added_at) values ($1, $2, $3) on conflict (range) do update set label = excluded.label',
        [range, label, this.clock.now()],
      );
      this.note(tx, actor, 'operator_address_added', range);
    });
    return range;
  }

  /**
   * Take a range off the list.
   *
   * Shape    from: where the question comes from; null for the console, which needs no list
   * Errors   conflict `would_lock_out`: whoever asks could not come back
   */
  async remove(actor: OperatorActor, text: string, from: string | null): Promise<void> {
    const range = demandRange(text);
    await this.db.inInstallation(async (tx) => {
      const left = (await lockList(tx)).filter((known) => known !== range);
      const removed = await tx.query('delete from operator_address where range = $1 returning range', [range]);
      if (removed.length === 0) throw notFound();
      if (from !== null && !isAddressIn(from, left)) {
        throw new Refusal('conflict', 'would_lock_out', 'You come from there yourself. Add the range you will come from first.');
      }
      this.note(tx, actor, 'operator_address_removed', range);
    });
  }

  private note(tx: Tx, actor: OperatorActor, act: 'operator_address_added' | 'operator_address_removed', range: string): void {
    this.audit.appendToInstallation(tx, { act, by: operatorAuditedAs(actor), personal: { range } });
  }
}

/** Of two who each take off what lets the other in, one must come second. */
async function lockList(tx: Tx): Promise<string[]> {
  await tx.query('lock table operator_address in share row exclusive mode');
  return (await tx.query<AddressRow>('select range from operator_address')).map(({ range }) => range);
}

function demandRange(text: string): string {
  const range = readRange(text)?.range;
  if (range === undefined)
    throw new Refusal('invalid', 'bad_range', 'This is no address and no range. Write 192.0.2.10, 192.0.2.0/24 or 2001:db8::/32.');
  return range;
}
