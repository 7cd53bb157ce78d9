import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import { Clock, Database, HOUR_MS, Refusal } from '#platform';
import type { Actor } from './actor.js';
import { AgentNotices } from './agent-notices.service.js';
import { AgentService } from './agent.service.js';
import { auditedAs } from './audited-as.js';

/** In an hour: more than `told` is more than anybody answers, and beyond `max` somebody is taking things away, not reading them. */
const AN_HOUR = {
  conversations: { told: 600, max: 1500 },
  files: { told: 600, max: 1500 },
} as const;
/** Readers that are watched; beyond it those who began longest ago are forgotten, and may begin anew. */
const READERS_MAX = 5000;

export type Opened = keyof typeof AN_HOUR;

interface Hour {
  startedAtMs: number;
  ids: Set<string>;
  isTold: boolean;
}

/**
 * Notices when one account opens far more than its work asks for, as a stolen one does: the owners and admins are told while it happens.
 *
 * Limits   600 different conversations or files in an hour are told, and a person's 1501st has to wait for the next; a program is held back
 *          by its key's pace. Counted in this process's memory: a restart forgives, and what is opened again counts once
 */
@Injectable()
export class ReadingVolume {
  private readonly hours = new Map<string, Hour>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
    private readonly agents: AgentService,
    private readonly notices: AgentNotices,
  ) {}

  /** Before something is given out. Errors: too_many `too_much_read`. */
  async demand(actor: Actor, what: Opened, id: string): Promise<void> {
    const hour = this.hourOf(`${actor.tenantId} ${actor.keyId ?? actor.agentId} ${what}`);
    const { told, max } = AN_HOUR[what];
    const isNew = !hour.ids.has(id);
    if (isNew && hour.ids.size >= max && actor.keyId === undefined) {
      throw new Refusal(
        'too_many',
        'too_much_read',
        'This is more than anybody reads in an hour, so the rest has to wait. Your admins know.',
      );
    }
    if (isNew && hour.ids.size <= max) hour.ids.add(id);
    if (hour.isTold || hour.ids.size <= told) return;
    hour.isTold = true;
    await this.tell(actor, what, told);
  }

  private hourOf(key: string): Hour {
    const nowMs = this.clock.now().getTime();
    const known = this.hours.get(key);
    if (known && nowMs - known.startedAtMs < HOUR_MS) return known;
    const hour = { startedAtMs: nowMs, ids: new Set<string>(), isTold: false };
    this.hours.delete(key);
    this.hours.set(key, hour);
    if (this.hours.size > READERS_MAX) this.hours.delete(this.hours.keys().next().value!);
    return hour;
  }

  private async tell(actor: Actor, what: Opened, moreThan: number): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      this.audit.append(tx, { act: 'much_read', by: auditedAs(actor), facts: { what, moreThan } });
      for (const { id } of await this.agents.admins(tx)) if (id !== actor.agentId) await this.notices.tell(tx, id, 'much_read');
    });
  }
}
