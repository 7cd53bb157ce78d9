import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { Enrolment, NewOperator, NewOperatorKey, OperatorKeyLine, OperatorLine, OperatorRole } from '#contract';
import { Clock, Database, ed25519Key, isUuid, MINUTE_MS, newId, notFound, Refusal, type Tx } from '#platform';
import { type OperatorActor, operatorAuditedAs, type OperatorId } from './operator.js';

/** Long enough to walk to the other machine. */
const ENROLMENT_LIFE_MS = 30 * MINUTE_MS;
const OPERATORS_MAX = 200;
const KEYS_PER_OPERATOR_MAX = 20;
const TOKEN_BYTES = 32;
/** A whole key, as small as a name: programs say by it which key signed. */
const keyIdOf = (publicKey: Buffer) => createHash('sha256').update(publicKey).digest('base64url');

interface OperatorRow {
  id: OperatorId;
  name: string;
  role: OperatorRole;
  created_at: Date;
  revoked_at: Date | null;
}

interface KeyRow {
  id: string;
  operator_id: OperatorId;
  kind: 'key' | 'passkey';
  label: string;
  created_at: Date;
  last_used_at: Date | null;
}

/** Who runs the installation, and the keys and passkeys they prove themselves by. There are no passwords. */
@Injectable()
export class OperatorAccounts {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  /** Errors: conflict `operator_exists`. */
  async create(actor: OperatorActor, { name, role }: NewOperator): Promise<OperatorLine> {
    const now = this.clock.now();
    const id = newId<OperatorId>(now);
    return this.db.inInstallation(async (tx) => {
      const made = await tx.query(
        'insert into operator (id, name, role, created_at) values ($1, $2, $3, $4) on conflict do nothing returning id',
        [id, name, role, now],
      );
      if (made.length === 0) throw new Refusal('conflict', 'operator_exists', 'There is an operator of this name. Choose another name.');
      this.note(tx, actor, 'operator_created', id, { role });
      return this.describe(tx, id);
    });
  }

  /** All of them, those who are no longer operators too. */
  async list(): Promise<OperatorLine[]> {
    return this.db.inInstallation(async (tx) => {
      const rows = await tx.query<OperatorRow>('select * from operator order by created_at, id limit $1', [OPERATORS_MAX]);
      const keys = await keysOf(tx, null);
      return rows.map((row) => describe(row, keys));
    });
  }

  /** Register the public half of a key. Errors: conflict `key_known`, also for one that was revoked; unprocessable `too_many_keys`. */
  async addKey(actor: OperatorActor, operatorId: string, { publicKey, label }: NewOperatorKey): Promise<OperatorKeyLine> {
    const bytes = Buffer.from(publicKey, 'base64url');
    demandKey(bytes, publicKey);
    const now = this.clock.now();
    const id = keyIdOf(bytes);
    return this.db.inInstallation(async (tx) => {
      await lockActive(tx, operatorId);
      await demandRoom(tx, operatorId);
      const added = await tx.query(
        `insert into operator_key (id, operator_id, public_key, label, created_at) values ($1, $2, $3, $4, $5)
         on conflict do nothing returning id`,
        [id, operatorId, bytes, label, now],
      );
      if (added.length === 0) throw new Refusal('conflict', 'key_known', 'This key was registered before. Make a new one.');
      this.note(tx, actor, 'operator_key_added', operatorId, { keyId: id });
      return { id, kind: 'key', label, createdAt: now.toISOString(), lastUsedAt: null };
    });
  }

  /** A key or passkey opens nothing from now on, and the sessions that it opened end. */
  async removeKey(actor: OperatorActor, operatorId: string, keyId: string): Promise<void> {
    if (!isUuid(operatorId)) throw notFound();
    await this.db.inInstallation(async (tx) => {
      await lockOperators(tx);
      const revoked = await tx.query(
        'update operator_key set revoked_at = $3 where id = $1 and operator_id = $2 and revoked_at is null returning id',
        [keyId, operatorId, this.clock.now()],
      );
      const removed = isUuid(keyId)
        ? await tx.query('delete from operator_passkey where id = $1 and operator_id = $2 returning id', [keyId, operatorId])
        : [];
      if (revoked.length + removed.length === 0) throw notFound();
      await demandAnOperator(tx, actor);
      this.note(tx, actor, 'operator_key_revoked', operatorId, { keyId, isPasskey: removed.length > 0 });
    });
  }

  /** No longer an operator: every key, passkey, session and link of theirs ends at once. Errors: conflict `last_operator`. */
  async revoke(actor: OperatorActor, operatorId: string): Promise<void> {
    if (!isUuid(operatorId)) throw notFound();
    const now = this.clock.now();
    await this.db.inInstallation(async (tx) => {
      await lockOperators(tx);
      const revoked = await tx.query('update operator set revoked_at = $2 where id = $1 and revoked_at is null returning id', [
        operatorId,
        now,
      ]);
      if (revoked.length === 0) throw notFound();
      await tx.query('update operator_key set revoked_at = $2 where operator_id = $1 and revoked_at is null', [operatorId, now]);
      for (const table of ['operator_session', 'operator_challenge', 'operator_enrolment', 'operator_passkey'] as const) {
        await tx.query(DELETE_OF[table], [operatorId]);
      }
      await demandAnOperator(tx, actor);
      this.note(tx, actor, 'operator_revoked', operatorId);
    });
  }

  /**
   * A link by which this operator makes a passkey, once. An earlier link opens nothing then.
   *
   * Shape    origin: where the console is opened
   */
  async invitePasskey(actor: OperatorActor, operatorId: string, origin: string): Promise<Enrolment> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const expiresAt = new Date(this.clock.now().getTime() + ENROLMENT_LIFE_MS);
    return this.db.inInstallation(async (tx) => {
      await lockActive(tx, operatorId);
      await demandRoom(tx, operatorId);
      await tx.query(
        `insert into operator_enrolment (operator_id, token_digest, expires_at) values ($1, $2, $3)
         on conflict (operator_id) do update set token_digest = excluded.token_digest, expires_at = excluded.expires_at`,
        [operatorId, digestOf(token), expiresAt],
      );
      this.note(tx, actor, 'operator_passkey_invited', operatorId);
      // Behind the hash: what follows it is not sent to servers, so it is in no access log and no Referer.
      return { enrolUrl: `${origin}/enrol#${token}`, expiresAt: expiresAt.toISOString() };
    });
  }

  /** The operator of this name, revoked ones left out. Null when there is none. */
  async byName(name: string): Promise<OperatorLine | null> {
    return (await this.list()).find((line) => line.revokedAt === null && line.name.toLowerCase() === name.toLowerCase()) ?? null;
  }

  private async describe(tx: Tx, id: string): Promise<OperatorLine> {
    const [row] = await tx.query<OperatorRow>('select * from operator where id = $1', [id]);
    return describe(row!, await keysOf(tx, id));
  }

  private note(
    tx: Tx,
    actor: OperatorActor,
    act: 'operator_created' | 'operator_revoked' | 'operator_key_added' | 'operator_key_revoked' | 'operator_passkey_invited',
    id: string,
    facts: Record<string, string | boolean> = {},
  ): void {
    this.audit.appendToInstallation(tx, { act, by: operatorAuditedAs(actor), about: { kind: 'operator', id }, facts });
  }
}

const DELETE_OF = {
  operator_session: 'delete from operator_session where operator_id = $1',
  operator_challenge: 'delete from operator_challenge where operator_id = $1',
  operator_enrolment: 'delete from operator_enrolment where operator_id = $1',
  operator_passkey: 'delete from operator_passkey where operator_id = $1',
};

export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** One at a time: of two who remove the last key of each other, one must come second. */
async function lockOperators(tx: Tx): Promise<void> {
  await tx.query('select id from operator order by id for update');
}

async function lockActive(tx: Tx, id: string): Promise<void> {
  const found = isUuid(id) ? await tx.query('select id from operator where id = $1 and revoked_at is null for update', [id]) : [];
  if (found.length === 0) throw notFound();
}

async function demandRoom(tx: Tx, id: string): Promise<void> {
  if ((await keysOf(tx, id)).length < KEYS_PER_OPERATOR_MAX) return;
  throw new Refusal('unprocessable', 'too_many_keys', 'This operator has more keys than anybody uses. Remove one first.');
}

// Whoever sits at the console can always make a new one, and may want to be rid of all.
async function demandAnOperator(tx: Tx, { operatorId }: OperatorActor): Promise<void> {
  if (operatorId === null) return;
  const left = await tx.query(
    `select 1 from operator where role = 'full' and revoked_at is null and (
       exists (select 1 from operator_key key where key.operator_id = operator.id and key.revoked_at is null)
       or exists (select 1 from operator_passkey passkey where passkey.operator_id = operator.id)) limit 1`,
  );
  if (left.length > 0) return;
  throw new Refusal('conflict', 'last_operator', 'Nobody could operate this installation any more. Add another operator or key first.');
}

function demandKey(bytes: Buffer, text: string): void {
  try {
    ed25519Key(bytes);
    if (bytes.toString('base64url') === text) return;
  } catch {
    // Not a point of the curve.
  }
  throw new Refusal('invalid', 'bad_key', 'This is not the public half of an Ed25519 key.');
}

async function keysOf(tx: Tx, operatorId: string | null): Promise<KeyRow[]> {
  return tx.query<KeyRow>(
    `select id, operator_id, 'key' as kind, label, created_at, last_used_at from operator_key
     where revoked_at is null and ($1::uuid is null or operator_id = $1)
     union all
     select id::text, operator_id, 'passkey', label, created_at, last_used_at from operator_passkey where $1::uuid is null or operator_id = $1
     order by created_at, id`,
    [operatorId],
  );
}

function describe(row: OperatorRow, keys: readonly KeyRow[]): OperatorLine {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    createdAt: row.created_at.toISOString(),
    revokedAt: row.revoked_at?.toISOString() ?? null,
    keys: keys
      .filter((key) => key.operator_id === row.id)
      .map((key) => ({
        id: key.id,
        kind: key.kind,
        label: key.label,
        createdAt: key.created_at.toISOString(),
        lastUsedAt: key.last_used_at?.toISOString() ?? null,
      })),
  };
}
