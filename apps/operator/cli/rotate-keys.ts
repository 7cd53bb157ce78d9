import type { INestApplicationContext } from '@nestjs/common';
import { accountsDataMap, CONSOLE, operatorAuditedAs, TenantService } from '#accounts';
import { Audit } from '#audit';
import { channelsDataMap } from '#channels';
import { BlobStore, type Config, Database, Refusal, type Resealed, resealTenant, SecretBox, type TenantId } from '#platform';
import { ticketingDataMap } from '#ticketing';

const TENANTS_AT_ONCE = 100;
/** The rooms that keep something sealed. */
export const SEALING_ROOMS = [accountsDataMap, channelsDataMap, ticketingDataMap];

/** Wrap everything that is sealed by the newest key: rows, tenant by tenant, then files. Repeats: goes on where it was stopped. */
export async function rotateKeys(house: INestApplicationContext, { secretKeys }: Config): Promise<Resealed> {
  if (secretKeys.length < 2) {
    throw new Refusal(
      'conflict',
      'one_key',
      'There is one key only. Put a new one before it in OMNIDESK_SECRET_KEY, with a comma between.',
    );
  }
  const [db, secrets] = [house.get(Database, { strict: false }), house.get(SecretBox, { strict: false })];
  const done = { resealed: 0, already: 0 };
  const add = ({ resealed, already }: Resealed) => {
    done.resealed += resealed;
    done.already += already;
  };
  const tenants = house.get(TenantService, { strict: false });
  for (let after: TenantId | null = null; ;) {
    const ids = await tenants.idsAfter(after, TENANTS_AT_ONCE);
    for (const id of ids) add(await resealTenant(db, secrets, SEALING_ROOMS, id));
    if (ids.length < TENANTS_AT_ONCE) break;
    after = ids.at(-1)!;
  }
  add(await house.get(BlobStore, { strict: false }).resealAll());
  await house
    .get(Audit, { strict: false })
    .record('installation', { act: 'keys_rotated', by: operatorAuditedAs(CONSOLE), facts: { ...done } });
  return done;
}
