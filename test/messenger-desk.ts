import type { Connection, Conversation, ConversationRow, Message, MessageDelivery, Page, Upload } from '#contract';
import { type GraphGate, openGraphGate } from './graph-gate.js';
import type { Answer, ApiClient } from './api-client.js';
import { type Tenant, World } from './world.js';

/** A dot of a picture: what matters is that there is a file. */
export const DOT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let people = 0;

/** An agent's desk with one person on the other side, and the way to Graph between them in sight. */
export class MessengerDesk {
  psid = '';
  conversationId = '';

  private constructor(
    readonly world: World,
    readonly gate: GraphGate,
    readonly spaak: Tenant,
    readonly linden: Tenant,
  ) {}

  static async open(): Promise<MessengerDesk> {
    const gate = await openGraphGate();
    const world = await World.open({ GRAPH_URL: gate.url });
    gate.target = world.simulator.url;
    return new MessengerDesk(world, gate, await world.tenant(0), await world.tenant(1));
  }

  async close(): Promise<void> {
    await this.world.close();
    await this.gate.close();
  }

  /** Fair weather, and somebody new who has just written. */
  async newPerson(text = 'Is my bike ready?'): Promise<void> {
    const { simulator } = this.world;
    simulator.clearFaults();
    simulator.setBehaviour({ echo: 'after', receipts: 'none' });
    this.gate.onSend = this.gate.beforeAnswer = null;
    this.psid = simulator.addCustomer(this.spaak.page.id, {
      psid: `77700000${String(10_000_001 + 2 * people++)}`,
      firstName: 'Kees',
      lastName: 'Visser',
      mailAddress: `kees${String(people)}@desk.example`,
      colour: [10, 20, 30],
      locale: 'nl_NL',
    }).psid;
    await simulator.customerSays(this.psid, { text });
    await this.world.drain();
    this.conversationId = await this.conversationOf(this.psid);
    this.gate.sends = this.gate.uploads = 0;
  }

  /** Somebody of another tenant, signed in as of now. */
  stranger(): Promise<ApiClient> {
    return this.world.signIn(this.linden.ownerEmail);
  }

  async conversationOf(psid: string, kind = 'messages'): Promise<string> {
    const [row] = await this.world.rows<{ id: string }>(
      `select conversation.id from conversation join contact_identity known using (contact_id)
       where known.external_id = $1 and conversation.kind = $2 order by conversation.created_at desc`,
      [psid, kind],
    );
    return row?.id ?? '';
  }

  reply(text: string, more: object = {}, headers: Record<string, string> = {}): Promise<Answer<Message>> {
    return this.spaak.owner.post(`/api/conversations/${this.conversationId}/replies`, { text, ...more }, headers);
  }

  async upload(name: string, bytes: Buffer, mediaType: string): Promise<Upload> {
    const { status, body } = await this.spaak.owner.bytes<Upload>(`/api/uploads?name=${encodeURIComponent(name)}`, bytes, mediaType);
    if (status !== 201) throw new Error(`the upload answered ${String(status)}`);
    return body;
  }

  async thread(id = this.conversationId): Promise<Message[]> {
    return (await this.spaak.owner.get<Page<Message>>(`/api/conversations/${id}/messages`)).body.items;
  }

  /** What we said and what became of it. */
  async answers(): Promise<(Partial<MessageDelivery> & { id: string; text: string; by: string })[]> {
    const out = (await this.thread()).filter(({ direction }) => direction === 'out');
    return out.map(({ id, text, author, delivery }) => ({ id, text, by: author.kind, ...delivery }));
  }

  async conversation(id = this.conversationId): Promise<Conversation> {
    return (await this.spaak.owner.get<Conversation>(`/api/conversations/${id}`)).body;
  }

  async row(id = this.conversationId): Promise<ConversationRow | undefined> {
    return (await this.spaak.owner.get<Page<ConversationRow>>('/api/conversations?limit=100')).body.items.find((one) => one.id === id);
  }

  async connection(): Promise<Connection> {
    const { items } = (await this.spaak.owner.get<Page<Connection>>('/api/connections')).body;
    return items.find(({ id }) => id === this.spaak.connectionId)!;
  }

  /** What the person sees of us. */
  seen(): (string | null)[] {
    return this.world.simulator.messagesSeenBy(this.psid).map(({ text }) => text);
  }

  /** Connect the page anew with the token that works now. */
  async reconnect(): Promise<void> {
    const { page, owner } = this.spaak;
    const pageToken = this.world.simulator.pageToken(page.id);
    const { status } = await owner.post('/api/connections/messenger', { pageId: page.id, pageToken });
    if (status !== 201) throw new Error(`connecting again answered ${String(status)}`);
  }
}
