import type { ThreadControl } from '#contract';
import type { TenantTx } from '#platform';
import type { ConversationId } from './ids.js';

/*
 * Several apps of a page may share its threads; at each moment one of them has a thread and the others look on. What we learn of it comes
 * in any order and more than once: live events show that we may answer, what we only overhear shows that we may not, and some events say
 * outright who has it now. So the columns are registers in which the newest instant wins, and what is shown follows from them.
 */

/** A sign of who had the thread at an instant. */
export interface ControlSign {
  isOther: boolean;
  at: Date;
}

/** Assignments for an update of a conversation that is joined with `sign (at, is_other)`. Of two signs at one instant, the one that lets us answer. */
export const CONTROL_SIGN = `
  controlled_by_other = case when sign.at is null or sign.at < control_at then controlled_by_other
    when sign.at = control_at then controlled_by_other and sign.is_other else sign.is_other end,
  control_ours_at = greatest(control_ours_at, case when not controlled_by_other then control_at end, case when not sign.is_other then sign.at end),
  control_at = greatest(control_at, sign.at)`;

/**
 * Note a sign of who has the thread: also to be called when we have taken it. True when that is another than before.
 *
 * Shape    isAct: it was an act of the person that lets us answer
 * Repeats  the newest sign counts, in whichever order they come
 */
export async function noteControl(
  tx: TenantTx,
  id: ConversationId,
  { isOther, at, isAct }: ControlSign & { isAct?: boolean },
): Promise<boolean> {
  const [row] = await tx.query<{ changed: boolean }>(
    `update conversation set last_inbound_at = case when $4 then greatest(last_inbound_at, $2) else last_inbound_at end,
       ${CONTROL_SIGN}
     from (select $2::timestamptz as at, $3::boolean as is_other) sign, (select controlled_by_other as was from conversation where id = $1) before
     where id = $1 returning was <> controlled_by_other as changed`,
    [id, at, isOther, isAct ?? false],
  );
  return row?.changed ?? false;
}

/** Note that the vendor named the app which was given the thread. Repeats: the newest word counts. */
export async function noteHolder(tx: TenantTx, id: ConversationId, appId: string | null, at: Date): Promise<void> {
  await tx.query(
    `update conversation set control_app_id = $2, control_app_at = $3
     where id = $1 and (control_app_at is null or (control_app_at, coalesce(control_app_id, '')) < ($3, coalesce($2, '')))`,
    [id, appId, at],
  );
}

/** Note that another app asks us for the thread. */
export async function noteRequest(tx: TenantTx, id: ConversationId, at: Date): Promise<void> {
  await tx.query('update conversation set control_requested_at = greatest(control_requested_at, $2) where id = $1', [id, at]);
}

export const CONTROL_COLUMNS = `
  conversation.controlled_by_other as "controlledByOther", conversation.control_at as "controlAt",
  conversation.control_ours_at as "controlOursAt", conversation.control_app_id as "controlAppId",
  conversation.control_app_at as "controlAppAt", conversation.control_requested_at as "controlRequestedAt"`;

export interface ControlRow {
  controlledByOther: boolean;
  controlAt: Date | null;
  controlOursAt: Date | null;
  controlAppId: string | null;
  controlAppAt: Date | null;
  controlRequestedAt: Date | null;
}

/**
 * The page's own inbox, as an app.
 *
 * Source   Meta's conversation routing, where one example prints the second form
 */
const PAGE_INBOX_APP_IDS = ['263902037430900', '26390203743090'];

export function describeControl(row: ControlRow): ThreadControl {
  const { controlledByOther, controlAppId, controlRequestedAt } = row;
  // What we were told of another app holds until a later sign that the thread was ours.
  const isTold = controlledByOther && row.controlAppAt !== null && (row.controlOursAt === null || row.controlAppAt > row.controlOursAt);
  const isAsked = controlRequestedAt !== null && !controlledByOther && (row.controlAppAt === null || controlRequestedAt > row.controlAppAt);
  return {
    holder: controlledByOther ? 'other_app' : 'us',
    appId: isTold ? controlAppId : null,
    app: !controlledByOther ? null : isTold && PAGE_INBOX_APP_IDS.includes(controlAppId ?? '') ? 'page_inbox' : 'unknown',
    since: isTold ? row.controlAppAt!.toISOString() : null,
    requestedAt: isAsked ? controlRequestedAt.toISOString() : null,
  };
}
