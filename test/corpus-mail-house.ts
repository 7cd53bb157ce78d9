import type { Conversation, Message, Page, QuarantinedDelivery } from '#contract';
import { bodyInMemory, Channels, type InboundEvent, UnreadableDelivery } from '#channels';
import { DeliveryReader } from '#ticketing';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { postMail } from './post-mail.js';
import { rawMail } from './raw-mail.js';
import { type Tenant, World } from './world.js';

/** What became of one mail: new messages as the API shows them, or a line in quarantine, or nothing to be seen. */
export interface Seen {
  messages: SeenMessage[];
  quarantined: QuarantinedDelivery | null;
}

export interface SeenMessage {
  message: Message;
  externalId: string;
  /** What a frame shows of it. */
  html: string;
  /** Its conversation is in the view of mail that is not from whom it says. */
  isQuarantined: boolean;
  /** How many texts the mail is made of. */
  textParts: number;
}

const CUSTOMER = 'anna@klant.example';
const FIRST_MAIL = { from: `Anna de Vries <${CUSTOMER}>`, to: 'support@omnidesk.test', subject: 'Levering bestelling 4711' };
/** So many mails of one sender are no flood. */
const MAILS_PER_QUARTER = 50;

/** A house with two mailboxes, an agent and a conversation with a customer, that mails of the corpus are brought to one by one. */
export class CorpusHouse {
  readonly values: Record<string, string> = {};
  conversationId = '';
  private mails = 0;
  private writes = 0;

  private constructor(
    readonly world: World,
    readonly tenant: Tenant,
    readonly support: Mailbox,
    readonly sales: Mailbox,
  ) {}

  static async open(): Promise<CorpusHouse> {
    const world = await World.open();
    const tenant = await world.tenant(0);
    const support = await connectMailbox(world, tenant, { address: 'support@omnidesk.test' });
    const sales = await connectMailbox(world, tenant, { address: 'sales@omnidesk.test' });
    await world.rows("update agent set email = 'piet@omnidesk.test', name = 'Piet Agent' where tenant_id = $1", [tenant.id]);
    const house = new CorpusHouse(world, tenant, support, sales);
    await postMail(world, support, rawMail({ ...FIRST_MAIL, messageId: '<a1@klant.example>', text: 'Waar is mijn bestelling?' }));
    await world.drain();
    house.conversationId = (await support.conversationIds(CUSTOMER))[0]!;
    const { number } = await house.conversation();
    Object.assign(house.values, { NUM: String(number) });
    await house.answer();
    return house;
  }

  close(): Promise<void> {
    return this.world.close();
  }

  /** An agent answers; what the customer got of it is what templates are filled with from now on. Gives back the message's id. */
  async answer(): Promise<string> {
    // Mail may not reach the customer any more; that he writes himself shows that it does.
    const fromCustomer = { ...FIRST_MAIL, messageId: `<again-${String(this.writes++)}@klant.example>`, text: 'En nu?' };
    await postMail(
      this.world,
      this.support,
      rawMail({ ...fromCustomer, headers: { References: this.values['OUT_MSGID'] ?? '<a1@klant.example>' } }),
    );
    await this.world.drain();
    const reply = await this.tenant.owner.post<Message>(`/api/conversations/${this.conversationId}/replies`, { text: 'Morgen.' });
    if (reply.status !== 202) throw new Error(`answering was refused with ${JSON.stringify(reply.body)}`);
    await this.world.drain();
    const received = this.world.simulator.mailTo(CUSTOMER).at(-1)!;
    const replyTo = received.replyTo ?? '';
    Object.assign(this.values, {
      OUT_MSGID: received.messageId,
      REPLY_TO: replyTo,
      REPLY_TO_UPPER: replyTo.toUpperCase(),
      BAD_REPLY_TO: replyTo.replace(/.@/, '1@').toUpperCase(),
      VERP: received.envelopeFrom ?? '',
    });
    return reply.body.id;
  }

  fill(template: string): string {
    return template.replaceAll(/\{\{([A-Z_]+)\}\}/g, (_, name: string) => this.values[name] ?? '');
  }

  /** What an admin has said about the mailbox, for the next mails. */
  async settings({ forms = [], authservIds = [] }: { forms?: string[]; authservIds?: string[] }): Promise<void> {
    await this.world.rows('update mailbox set forms = $2, authserv_ids = $3 where connection_id = $1', [
      this.support.connectionId,
      forms,
      authservIds,
    ]);
  }

  /** The agent's own address, for the next mails. */
  async agentIs(address: string): Promise<void> {
    await this.world.rows('update agent set email = $2 where tenant_id = $1', [this.tenant.id, address]);
  }

  /** Bring a mail in, and look what became of it. */
  async takes(raw: Buffer, mailbox = this.support): Promise<Seen> {
    if (this.mails++ % MAILS_PER_QUARTER === 0) this.world.advance({ minutes: 15 });
    const [before] = await this.world.rows<{ id: string }>("select coalesce(max(id::text), '') as id from message");
    await postMail(this.world, mailbox, raw);
    await this.world.get(DeliveryReader).drain();
    const rows = await this.world.rows<{ id: string; conversation_id: string; external_id: string }>(
      "select id, conversation_id, external_id from message where id::text > $1 and kind = 'text' order by id",
      [before!.id],
    );
    const messages = await Promise.all(rows.map((row) => this.shown(row, raw)));
    return { messages, quarantined: await this.setAside() };
  }

  /** What the reader makes of a mail, without taking it in. A text where it refuses. */
  async reads(raw: Buffer): Promise<InboundEvent[] | string> {
    try {
      return await this.world
        .get(Channels)
        .of('email')
        .read({
          id: '1',
          channel: 'email',
          body: bodyInMemory(raw),
          receivedAt: this.world.clock.now(),
          tenantId: this.tenant.id,
          connectionId: this.support.connectionId,
          envelope: null,
          attempts: 1,
          failures: 0,
          postponed: 2,
          setAsideFor: null,
        });
    } catch (error) {
      if (error instanceof UnreadableDelivery) return error.code;
      throw error;
    }
  }

  async conversation(id = this.conversationId): Promise<Conversation> {
    return (await this.tenant.owner.get<Conversation>(`/api/conversations/${id}`)).body;
  }

  async conversationCount(): Promise<number> {
    return (await this.world.rows('select 1 from conversation')).length;
  }

  async thread(id = this.conversationId): Promise<Message[]> {
    return (await this.tenant.owner.get<Page<Message>>(`/api/conversations/${id}/messages?limit=100`)).body.items;
  }

  private async shown(row: { id: string; conversation_id: string; external_id: string }, raw: Buffer): Promise<SeenMessage> {
    const path = `/api/conversations/${row.conversation_id}`;
    const { body } = await this.tenant.owner.get<Page<Message>>(`${path}/messages?limit=5`);
    const message = body.items.find(({ id }) => id === row.id);
    if (!message) throw new Error('a stored message is not in its conversation');
    const html = message.htmlUrl === null ? '' : (await this.tenant.owner.get<string>(message.htmlUrl)).body;
    const isQuarantined = (await this.conversation(row.conversation_id)).quarantined;
    const textParts = raw.toString('latin1').match(/^content-type:\s*text\/(?:plain|html)/gim)?.length ?? 0;
    return { message, externalId: row.external_id, html, isQuarantined, textParts };
  }

  /** What lies in quarantine now; looked at, it goes. */
  private async setAside(): Promise<QuarantinedDelivery | null> {
    const { items } = (await this.tenant.owner.get<Page<QuarantinedDelivery>>('/api/quarantine')).body;
    for (const { id } of items) await this.tenant.owner.delete(`/api/quarantine/${id}`);
    return items[0] ?? null;
  }
}
