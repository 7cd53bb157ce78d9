import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, CONFIG, type Config, Database, MINUTE_MS, SecretBox, type TenantId } from '#platform';
import type { ConnectionId } from '../connection-id.js';
import type { Delivery } from '../delivery-log.service.js';
import { type InboundEvent, type MailToken, ReadLater, UnreadableDelivery } from '../inbound.js';
import { AgentTokens } from './agent-token.js';
import type { MailAuthentication } from './authentication.js';
import { hasLoopMark } from './loop-mark.js';
import { MailAuthenticator } from './mail-authenticator.js';
import { mailResolver, type MailResolver } from './mail-dns.js';
import { externalIdOfMail, messageOf } from './mail-message.js';
import { findTestToken, MailTest } from './mail-test.js';
import { findTokens, type TokenBearer } from './mail-token.js';
import { type ParsedMail, UnreadableMail } from './parsed-mail.js';
import { withProvidersWord } from './providers-word.js';
import { MailReader } from './read-mail.js';
import { MailboxReadingFacts, type ReadingFacts } from './reading-facts.js';
import { idsInReport, isReport, reportOf } from './report-event.js';

/** Whom to believe about a mail they changed on its way, beside those that an admin names. Source: the d= of their ARC-Seal lines. */
const TRUSTED_SEALERS = ['google.com', 'microsoft.com', 'messagingengine.com', 'fastmail.com', 'zohomail.com', 'pobox.com'];
/** When the DNS does not answer, the mail waits for a better moment, and is then taken as it is. */
const ASK_AGAIN_AFTER_MS = [MINUTE_MS, 10 * MINUTE_MS];
/** Above this a mail is read first and authenticated then, and taken from the disk for each: both at once would hold it in memory twice. */
const SIDE_BY_SIDE_BYTES_MAX = 1024 * 1024;

/** Proof of who wrote the mail, for the program that reads it: no file that somebody attached. */
const SIGNATURE_TYPES = new Set(['application/pgp-signature', 'application/pkcs7-signature', 'application/x-pkcs7-signature']);

/** Reads mail that came in: what it says, whether it is from whom it says, and what it is to us. */
@Injectable()
export class InboundMail implements OnApplicationShutdown {
  private readonly reader = new MailReader();
  private readonly authenticator = new MailAuthenticator();
  private readonly resolve: MailResolver;

  constructor(
    private readonly facts: MailboxReadingFacts,
    private readonly agentTokens: AgentTokens,
    private readonly tests: MailTest,
    private readonly secrets: SecretBox,
    private readonly db: Database,
    @Inject(CONFIG) config: Config,
    clock: Clock,
  ) {
    this.resolve = mailResolver(config, clock);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.reader.close(), this.authenticator.close()]);
  }

  /**
   * What happened by this mail. Empty for a machine's report that changes nothing.
   *
   * Errors   UnreadableDelivery for what has to be looked at by people; ReadLater while the DNS does not answer
   */
  async read(delivery: Delivery): Promise<InboundEvent[]> {
    const { tenantId } = delivery;
    const connectionId = delivery.connectionId as ConnectionId | null;
    if (tenantId === null || connectionId === null) throw new UnreadableDelivery('no_mailbox');
    if (delivery.envelope?.incomplete) throw new UnreadableDelivery(delivery.envelope.incomplete.code);
    const facts = await this.facts.of(tenantId, connectionId, delivery.receivedAt);
    if (facts === null) throw new UnreadableDelivery('no_mailbox');
    const { mail, authentication } = await this.parsed(delivery, facts);
    return this.eventsOf(mail, { delivery: { ...delivery, tenantId, connectionId }, facts, authentication });
  }

  private async parsed(delivery: Delivery, facts: ReadingFacts): Promise<{ mail: ParsedMail; authentication: MailAuthentication }> {
    const { body } = delivery;
    try {
      if (body.length > SIDE_BY_SIDE_BYTES_MAX) {
        const mail = await this.reader.read(body);
        return { mail, authentication: await this.authenticate(delivery, facts) };
      }
      // Both to the end, whatever becomes of the other: nothing goes on for a mail that nobody waits for any more.
      const [mail, authentication] = await Promise.allSettled([this.reader.read(body), this.authenticate(delivery, facts)]);
      if (mail.status === 'rejected') throw mail.reason;
      if (authentication.status === 'rejected') throw authentication.reason;
      return { mail: mail.value, authentication: authentication.value };
    } catch (error) {
      if (error instanceof UnreadableMail) throw new UnreadableDelivery(error.code);
      throw error;
    }
  }

  private async authenticate({ body, envelope }: Delivery, { settings }: ReadingFacts): Promise<MailAuthentication> {
    const peer = envelope?.peer;
    const found = await this.authenticator.authenticate(body, {
      resolve: this.resolve,
      authservIds: settings.authservIds,
      trustedSealers: [...settings.trustedSealers, ...TRUSTED_SEALERS],
      ...(peer === undefined ? {} : { peer: { ...peer, mailFrom: envelope?.mailFrom ?? '' } }),
    });
    return withProvidersWord(found, envelope?.found);
  }

  private async eventsOf(mail: ParsedMail, read: ReadMail): Promise<InboundEvent[]> {
    const { delivery, facts } = read;
    const addressed = withEnvelope(mail, delivery);
    if (!isReport(mail) && (await this.isTest(mail, addressed, read))) return [];
    if (isOwn(mail, facts)) return [this.ownMail(mail, delivery)];
    if (isReport(mail)) {
      const token = tokenOf(facts, { ...addressed, inReplyTo: [...mail.inReplyTo, ...idsInReport(mail)] });
      return reportOf(mail, delivery, token);
    }
    const answer = await this.agentAnswer(mail, addressed, read);
    if (answer !== null) return answer;
    waitForDns(read);
    const message = messageOf(mail, { ...read, token: tokenOf(facts, addressed) });
    const isOurLoop = mail.loopMarks.length > 0 && hasLoopMark(this.secrets.derive('mail loop'), mail.loopMarks);
    return [{ ...message, mail: { ...message.mail!, isOurLoop } }];
  }

  /** One of the mails that a mailbox sends to itself to find out what comes in. It has done what it was for. */
  private async isTest(mail: ParsedMail, { deliveredTo }: TokenBearer, { delivery, facts }: ReadMail): Promise<boolean> {
    const token = findTestToken(facts.seals[0]!, { ...mail, deliveredTo });
    if (token === null) return false;
    const raw = await delivery.body.read();
    await this.db.inTenant(delivery.tenantId, (tx) => this.tests.cameBack(tx, delivery.connectionId, token, raw));
    return true;
  }

  /** What an agent answers to a notification; null for a mail that does not go to an agent's answering address. */
  private async agentAnswer(mail: ParsedMail, addressed: TokenBearer, read: ReadMail): Promise<InboundEvent[] | null> {
    const { delivery, authentication } = read;
    const { tenantId, connectionId } = delivery;
    const addresses = [...addressed.to, ...addressed.cc].map(({ address }) => address).concat(addressed.deliveredTo);
    if (!addresses.some((address) => address.includes('+'))) return null;
    const token = await this.db.inTenant(tenantId, (tx) => this.agentTokens.find(tx, connectionId, addresses));
    if (token === null) return null;
    waitForDns(read);
    const { known } = token;
    const isAgent = known !== null && mail.from?.address.toLowerCase() === known.address && !mail.flags.includes('from_ambiguous');
    if (!isAgent || authentication.verdict !== 'pass' || !authentication.isDkimAligned) {
      throw new UnreadableDelivery('agent_mail_unproven');
    }
    // His absence notice is no answer to the customer.
    if (mail.mailClass !== 'human') return [this.ownMail(mail, delivery)];
    const { agentId, conversationId } = known;
    const about = { routeId: connectionId, personId: known.address, isStandby: false, agentId, conversationId };
    const files = mail.attachments.filter(({ inline, mediaType }) => !inline && !SIGNATURE_TYPES.has(mediaType));
    const said = { text: mail.split.reply, files, sentAt: delivery.receivedAt };
    return [{ type: 'agent_reply', ...about, externalId: externalIdOfMail(mail), ...said }];
  }

  private ownMail(mail: ParsedMail, { connectionId }: ReadMail['delivery']): InboundEvent {
    const personId = mail.from?.address.toLowerCase() ?? '';
    return { type: 'own_mail', routeId: connectionId, personId, isStandby: false, externalId: externalIdOfMail(mail) };
  }
}

interface ReadMail {
  delivery: Delivery & { tenantId: TenantId; connectionId: ConnectionId };
  facts: ReadingFacts;
  authentication: MailAuthentication;
}

/** Errors: ReadLater, as often as it is worth it. */
function waitForDns({ delivery, authentication }: ReadMail): void {
  const afterMs = ASK_AGAIN_AFTER_MS[delivery.postponed];
  if (authentication.verdict === 'temperror' && afterMs !== undefined) throw new ReadLater(afterMs);
}

/** With the addresses that only the envelope names: a copy that was sent unseen, a report to our own return path. */
function withEnvelope(mail: ParsedMail, { envelope }: Delivery): TokenBearer {
  const deliveredTo = [...mail.deliveredTo, ...(envelope?.rcptTo ?? [])];
  return { ...mail, deliveredTo, text: mail.tokenLike.join(' '), html: null, attachments: [] };
}

/** The best proof in a mail that it answers one of ours; one that names a message before one that names a conversation. */
function tokenOf({ seals }: ReadingFacts, mail: TokenBearer): MailToken | null {
  for (const seal of seals) {
    const found = findTokens(seal, mail);
    const best = mail.mailClass === 'bounce' ? (found.find(({ messageIdEnd }) => messageIdEnd !== null) ?? found[0]) : found[0];
    if (best !== undefined) return { conversationId: best.conversationId, messageIdEnd: best.messageIdEnd };
  }
  return null;
}

/** What we sent, come back by a copy or a list: from an address of ours, under an id that only we can have made. */
function isOwn(mail: ParsedMail, { seals, ownAddresses }: ReadingFacts): boolean {
  if (!ownAddresses.has(mail.from?.address.toLowerCase() ?? '')) return false;
  const itself = { inReplyTo: [mail.messageId], references: [], deliveredTo: [], to: [], cc: [], text: '', html: null, attachments: [] };
  return seals.some((seal) => findTokens(seal, { ...itself, mailClass: 'human' }).length > 0);
}
