/** Runs a statement over the rows that count. */
export type Look = (sql: string) => Promise<object[]>;

/**
 * Everything that people can see of conversations and messages, without what only says when and in which order the server learned it: two
 * ways that led to the same must look the same here.
 */
export async function endState(look: Look): Promise<{ conversations: object[]; messages: object[] }> {
  const conversations = await look(
    `select connection.external_id as page, conversation.kind, thread_external_id, post_id, post_url, contact.name,
       (select min(external_id) from contact_identity known where known.contact_id = contact.id) as person,
       preview, preview_direction, status, unread, tags, subject, last_inbound_at, last_message_at, retention_anchor_at,
       controlled_by_other, control_at, control_ours_at, control_app_id, control_app_at, control_requested_at,
       (select json_agg(json_build_array(source, ref, ad_id, came_at) order by came_at, ref, ad_id) from referral
        where conversation_id = conversation.id) as referrals,
       (select json_agg(json_build_array(delivered_watermark_at, read_watermark_at) order by external_id) from contact_identity known
        where known.contact_id = contact.id) as watermarks
     from conversation join contact on contact.id = contact_id join connection on connection.id = connection_id
     order by 1, 2, 3, person`,
  );
  const messages = await look(
    `select connection.external_id as page, message.external_id, message.direction, message.kind, author_kind, text, detail, edited, withheld,
       unsent_at, hidden, liked, reply_to_external_id, vendor_sent_at, delivery_state, sent_at, conversation.thread_external_id,
       message.app_id, (select name from contact where contact.id = message.author_contact_id) as author,
       (select min(external_id) from contact_identity known where known.contact_id = conversation.contact_id) as person,
       (select json_agg(json_build_array(edit_number, said_at, text) order by edit_number, said_at) from message_version
        where message_id = message.id) as versions,
       (select json_agg(json_build_array(kind, name, state, source_url) order by position) from attachment where message_id = message.id) as files,
       (select json_agg(said order by said) from (
          select concat_ws(' ', known.external_id, emoji, reacted_at) as said from reaction
          join contact_identity known on known.contact_id = reaction.contact_id where message_id = message.id) reactions) as reactions
     from message join conversation on conversation.id = conversation_id join connection on connection.id = message.connection_id
     order by 1, 2`,
  );
  return { conversations, messages };
}

export type Random = (below: number) => number;

/** The same numbers for one seed, so that a failure can be looked at again. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = random(last + 1);
    [mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!];
  }
  return mixed;
}
