import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { AddressList, AddressListChange, AllowedRange } from '#contract';
import { Clock, Database, Refusal, type Source, type TenantTx } from '#platform';
import type { Actor } from './actor.js';
import { isListed } from './address-list.js';
import { readRange } from './address-range.js';
import { AgentNotices } from './agent-notices.service.js';
import { AgentService } from './agent.service.js';
import { auditedAs } from './audited-as.js';
import type { OperatorActor } from './operator.js';
import { TenantService } from './tenant.service.js';

/** From which networks a tenant lets its people and its keys in. It holds at once, at every door. */
@Injectable()
export class IpListService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
    private readonly agents: AgentService,
    private readonly notices: AgentNotices,
    private readonly tenants: TenantService,
  ) {}

  async list(actor: Actor, source: Source): Promise<AddressList> {
    return this.db.inTenant(actor, (tx) => listed(tx, source));
  }

  /**
   * Put another list in the place of this one. A list that leaves out whoever sends it is told to the other admins.
   *
   * Errors   invalid, with a field for each entry that is no network; conflict `everywhere_unconfirmed`, `locks_you_out`
   */
  async change(actor: Actor, { items, lockOut, everywhere }: AddressListChange, source: Source): Promise<AddressList> {
    const ranges = readAll(items);
    if (ranges.some(({ isEverywhere }) => isEverywhere) && everywhere !== true) {
      throw new Refusal('conflict', 'everywhere_unconfirmed', 'One of these ranges is the whole internet. Confirm that you mean it.');
    }
    const isLeftOut = !isListed(
      ranges.map(({ range }) => range),
      source.address,
    );
    if (isLeftOut && lockOut !== true) {
      throw new Refusal(
        'conflict',
        'locks_you_out',
        `This list leaves out ${source.address}, from where you are working. Add it, or confirm that you will not come in from there any more.`,
      );
    }
    return this.db.inTenant(actor, async (tx) => {
      const before = await replace(tx, ranges, this.clock.now());
      this.audit.append(tx, {
        act: 'addresses_changed',
        by: auditedAs(actor),
        facts: { before, after: ranges.length, leavesOutSelf: isLeftOut },
        personal: { ip: source.address, ranges: ranges.map(({ range }) => range).join(' ') },
      });
      if (isLeftOut) await this.tellOthers(tx, actor);
      return listed(tx, source);
    });
  }

  /** Let a tenant in again that has locked itself out: its list is empty afterwards. Errors: not_found. */
  async clear(operator: OperatorActor, tenantId: string): Promise<void> {
    await this.tenants.inExisting(tenantId, async (tx) => {
      const before = await replace(tx, [], this.clock.now());
      this.tenants.note(tx, operator, 'addresses_cleared', { facts: { before } });
    });
  }

  private async tellOthers(tx: TenantTx, actor: Actor): Promise<void> {
    for (const { id } of await this.agents.admins(tx)) if (id !== actor.agentId) await this.notices.tell(tx, id, 'networks_changed');
  }
}

interface ReadRange extends AllowedRange {
  isEverywhere: boolean;
}

function readAll(items: readonly AllowedRange[]): ReadRange[] {
  const read = items.map(({ range, note }) => ({ note, found: readRange(range) }));
  const fields = read.flatMap(({ found }, at) =>
    found === null ? [{ path: `items.${String(at)}.range`, message: 'This is neither an address nor a range like 192.0.2.0/24.' }] : [],
  );
  if (fields.length > 0) throw new Refusal('invalid', 'invalid', 'Some of these are no networks.', fields);
  const ranges = read.map(({ note, found }) => ({ ...found!, note }));
  return [...new Map(ranges.map((each) => [each.range, each])).values()];
}

async function replace(tx: TenantTx, ranges: readonly AllowedRange[], now: Date): Promise<number> {
  // Two admins at once: one list follows the other, they are never mixed.
  await tx.query('select id from tenant for no key update');
  const gone = await tx.query('delete from allowed_range returning range');
  await tx.query(
    'insert into allowed_range (tenant_id, range, note, created_at) select $1, given.range, given.note, $4 from unnest($2::text[], $3::text[]) as given (range, note)',
    [tx.tenantId, ranges.map(({ range }) => range), ranges.map(({ note }) => note), now],
  );
  return gone.length;
}

async function listed(tx: TenantTx, { address }: Source): Promise<AddressList> {
  const items = await tx.query<AllowedRange>('select range, note from allowed_range order by note, range');
  const ranges = items.map(({ range }) => range);
  return { items, you: { address, isListed: isListed(ranges, address) } };
}
