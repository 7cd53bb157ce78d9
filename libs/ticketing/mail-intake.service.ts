import assert from 'node:assert/strict';
import { Injectable } from '@nestjs/common';
import type { MailFlag } from '#contract';
import { AgentService } from '#accounts';
import { ConnectionService } from '#channels';
import { Jobs } from '#jobs';
import { newId, SecretBox } from '#platform';
import type { Recorded } from '#policies';
import { Feed } from '#realtime';
import type { Taking } from './arrival.js';
import { Acknowledge } from './auto-reply-order.js';
import { identityOf, type KnownContact, lockPerson, makeContact, nameOf, rename } from './contact.js';
import { type OpenConversation, openConversation, touch } from './conversation.js';
import type { ConversationId, MessageId } from './ids.js';
import { claimMail, earlierCopy, mailDigest, nameCopy, noteOtherMailbox, type EarlierCopy, type MailStanding } from './known-mail.js';
import { MailLoopService } from './mail-loop.service.js';
import {
  answersGoTo,
  effectOf,
  type InboundMail,
  isAnswerProven,
  isByMachine,
  mayAcknowledge,
  type MailEffect,
  previewOfMail,
  readableNames,
} from './mail-rules.js';
import { chooseThread, type Namesake, relate, rememberReferences, searchThread, type ThreadChoice } from './mail-thread.js';
import { addAttachments, addMessage, PLAIN, type StoredAttachment } from './message.js';
import { noticeOfWords } from './notify-agent.js';
import { keepRaw } from './raw-event.js';
import { liftByMail } from './suppression.js';

/** A mail on its way into the tables: who wrote it, where it belongs, what of it is kept. */
interface Taken {
  id: MessageId;
  event: InboundMail;
  contact: KnownContact;
  choice: ThreadChoice;
  conversation: OpenConversation;
  content: Recorded;
  effect: MailEffect;
  flags: MailFlag[];
}

/** What a mail says becomes contact, conversation, message and feed lines: once, in its thread, and under the name of who wrote it. */
@Injectable()
export class MailIntakeService {
  constructor(
    private readonly feed: Feed,
    private readonly secrets: SecretBox,
    private readonly agents: AgentService,
    private readonly connections: ConnectionService,
    private readonly jobs: Jobs,
    private readonly loops: MailLoopService,
  ) {}

  /**
   * Take in a mail, with the files that came with it. True when it is a new one, which now names the files.
   *
   * Repeats  the same mail is stored once, in whichever of the tenant's mailboxes it arrives, and also after it was erased
   */
  async mail(taking: Taking, event: InboundMail, files: StoredAttachment[]): Promise<boolean> {
    const { tx, arrival, now } = taking;
    const identity = identityOf(arrival.channel, arrival.connectionId, event.personId);
    await lockPerson(tx, identity);
    const digest = mailDigest(this.secrets, tx, event.externalId);
    const id = newId<MessageId>(now);
    const standing = await claimMail(tx, identity, { digest, messageId: id, now });
    if (!standing.isNew) {
      await this.alsoReceived(taking, await earlierCopy(tx, digest));
      return false;
    }
    const { mail, externalId } = event;
    const found = await searchThread(tx, { externalId, mail, contactId: standing.contact?.id ?? null });
    const copy = sameMail(found.namesakes, externalId, arrival.connectionId);
    if (copy) {
      await nameCopy(tx, digest, copy);
      await this.alsoReceived(taking, copy);
      return false;
    }
    const taken = await this.place(taking, { id, event, standing, found });
    await this.store(taking, taken, files);
    if (standing.isSuppressed && taken.effect.speaks && mail.authentication.verdict !== 'fail') await liftByMail(tx, event.personId);
    await this.afterwards(taking, taken);
    return true;
  }

  private async alsoReceived(taking: Taking, copy: EarlierCopy | null): Promise<void> {
    // Erased: that it comes again brings nothing back.
    if (copy === null || !(await noteOtherMailbox(taking, copy))) return;
    const { conversationId, messageId } = copy;
    this.feed.append(taking.tx, { type: 'message_changed', conversationId, messageId, quiet: true });
  }

  private async place(
    taking: Taking,
    { id, event, standing, found }: { id: MessageId; event: InboundMail; standing: MailStanding; found: Found },
  ): Promise<Taken> {
    const { tx, arrival, policies } = taking;
    const { mail, content: said } = event;
    const { verdict } = mail.authentication;
    const choice = chooseThread(found.candidates, { verdict, subject: said.subject ?? '', at: event.sentAt });
    const opens = choice.kind === 'open';
    // The first mail of a conversation is never cut: what looks quoted there is what the person wants to show.
    const content = policies.recorder.record(opens ? { ...said, text: said.fullText ?? said.text, fullText: null } : said, arrival.channel);
    const contact = await this.contact(taking, event, { known: standing.contact, senderName: content.senderName });
    const effect = effectOf(event, { opens, isQuarantined: opens ? verdict === 'fail' : choice.conversation.isQuarantined });
    const flags = await this.flags(taking, event, { choice, isIdReused: found.namesakes.length > 0 });
    const conversation = opens
      ? await this.open(taking, event, { contact, content, effect })
      : {
          id: choice.conversation.id,
          status: choice.conversation.status,
          retentionRuleId: choice.conversation.retentionRuleId,
          isNew: false,
        };
    if (opens) await relate(tx, conversation.id, choice.related);
    return { id, event, contact, choice, conversation, content, effect, flags };
  }

  private async contact(
    { tx, arrival, now }: Taking,
    { personId, sentAt, mail }: InboundMail,
    { known, senderName }: { known: KnownContact | null; senderName: string | null },
  ): Promise<KnownContact> {
    // Whoever forges an address gives its owner no name.
    const said = nameOf(personId, mail.authentication.verdict === 'fail' ? null : senderName, sentAt);
    if (known === null) {
      const made = await makeContact(tx, identityOf(arrival.channel, arrival.connectionId, personId), said, now);
      assert(made, 'nobody makes a contact of a locked person');
      return made;
    }
    // An address proves nothing about a name: whoever writes as it renames nobody. Only a stand-in of ours gives way.
    if (known.nameAt === null && (await rename(tx, known, said))) {
      this.feed.append(tx, { type: 'contact_changed', contactId: known.id, quiet: true });
    }
    return known;
  }

  private async flags(
    { tx }: Taking,
    { mail, content, personId }: InboundMail,
    { choice, isIdReused }: { choice: ThreadChoice; isIdReused: boolean },
  ): Promise<MailFlag[]> {
    const flags = new Set(mail.flags);
    if (isIdReused) flags.add('id_reused');
    if (choice.kind === 'append' && choice.isSubjectChanged) flags.add('subject_changed');
    const names = readableNames(content.senderName ?? '');
    if (names.length > 0 && !names.includes(personId) && (await this.agents.isNameOfAnother(tx, names, personId))) {
      flags.add('looks_like_agent');
    }
    return [...flags];
  }

  private open(
    { tx, arrival, policies, now }: Taking,
    { mail, sentAt: at, origin }: InboundMail,
    { contact, content, effect }: { contact: KnownContact; content: Recorded; effect: MailEffect },
  ): Promise<OpenConversation> {
    const { channel, connectionId } = arrival;
    const first = { preview: previewOfMail(content), isUnread: effect.speaks && origin !== 'import', isInbound: effect.speaks };
    const place = { channel, connectionId, contactId: contact.id, at, subject: content.subject ?? '' };
    const isQuarantined = mail.authentication.verdict === 'fail';
    return openConversation(tx, { ...place, rule: policies.governingRule(), origin, first, isQuarantined }, now);
  }

  private async store(taking: Taking, taken: Taken, files: StoredAttachment[]): Promise<void> {
    const { tx, arrival, policies, now } = taking;
    const { id, event, contact, choice, conversation, content, flags, effect } = taken;
    const { mail } = event;
    const message = {
      ...PLAIN,
      id,
      conversationId: conversation.id,
      connectionId: arrival.connectionId,
      direction: event.direction,
      kind: event.kind,
      author: { kind: 'contact' as const, contactId: contact.id },
      externalId: event.externalId,
      replyToExternalId: event.replyToExternalId,
      replyAddress: answersGoTo(event, { opens: conversation.isNew }),
      isFromStranger: choice.kind === 'append' && choice.isFromStranger,
      sentAt: event.sentAt,
      mail: { class: mail.mailClass, authentication: mail.authentication, flags },
    };
    assert(await addMessage(tx, message, content, now), 'a mail that was claimed is not there yet');
    const attachments = files.length > 0 ? files : content.attachments.map((attachment) => ({ ...attachment, blob: null }));
    await addAttachments(tx, id, attachments, now);
    await rememberReferences(tx, conversation.id, [event.externalId, ...mail.references]);
    await keepRaw(taking, event.raw, id);
    if (conversation.isNew) return;
    const said = { direction: event.direction, preview: previewOfMail(content), at: event.sentAt, origin: event.origin };
    await touch(tx, conversation, policies, { ...said, isPersonSpeaking: effect.speaks, opensWindow: effect.speaks });
  }

  private async afterwards(taking: Taking, taken: Taken): Promise<void> {
    const { tx } = taking;
    const { id, event, contact, conversation, choice, effect } = taken;
    const quiet = effect.isQuiet ? { quiet: true } : {};
    if (conversation.isNew) {
      this.feed.append(tx, { type: 'conversation_opened', conversationId: conversation.id, contactId: contact.id, ...quiet });
    }
    this.feed.append(tx, { type: 'message_added', conversationId: conversation.id, messageId: id, ...quiet });
    if (choice.kind === 'append' && choice.conversation.isQuarantined && event.mail.authentication.verdict !== 'fail') {
      await this.letIn(taking, conversation.id);
    }
    if (event.mail.forwarded !== null) await this.note(taking, taken, event.mail.forwarded);
    // A new conversation is nobody's yet.
    if (!conversation.isNew && effect.speaks && event.origin === 'live' && event.mail.authentication.verdict !== 'fail') {
      await noticeOfWords(tx, { jobs: this.jobs, connections: this.connections }, { conversationId: conversation.id, messageId: id });
    }
    await this.loops.look(taking, conversation.id, { isByMachine: isByMachine(event), isOurs: event.mail.isOurLoop === true });
    if (conversation.isNew && mayAcknowledge(event)) await this.orderAcknowledgement(taking, taken);
  }

  private async orderAcknowledgement({ tx, arrival }: Taking, { id: messageId, event, conversation }: Taken): Promise<void> {
    if (!(await this.connections.repliesByItself(tx, arrival.connectionId))) return;
    const ids = { tenantId: tx.tenantId, conversationId: conversation.id, messageId };
    await this.jobs.enqueue(tx, Acknowledge, { ...ids, isProven: isAnswerProven(event) });
  }

  // Somebody has answered it meanwhile, and the answer to that is here: it is no forgery any more that nobody should see.
  private async letIn({ tx }: Taking, conversationId: ConversationId): Promise<void> {
    await tx.query('update conversation set quarantined_at = null where id = $1', [conversationId]);
    this.feed.append(tx, { type: 'conversation_changed', conversationId });
  }

  /** What an agent wrote above the mail that he passed on. */
  private async note(
    { tx, arrival, policies, now }: Taking,
    { event, conversation }: Taken,
    { by, note }: NonNullable<InboundMail['mail']['forwarded']>,
  ): Promise<void> {
    if (note.trim() === '') return;
    const agent = await this.agents.activeByAddress(tx, by.address);
    const id = newId<MessageId>(now);
    const message = {
      ...PLAIN,
      id,
      conversationId: conversation.id,
      connectionId: arrival.connectionId,
      direction: 'note' as const,
      kind: 'text' as const,
      author: agent ? { kind: 'agent' as const, agentId: agent.id } : { kind: 'system' as const },
      externalId: null,
      sentAt: event.sentAt,
    };
    await addMessage(tx, message, policies.recorder.record({ text: note }, arrival.channel), now);
    this.feed.append(tx, { type: 'message_added', conversationId: conversation.id, messageId: id, quiet: true });
  }
}

type Found = Awaited<ReturnType<typeof searchThread>>;

/** The very same mail, taken in before digests were kept: this mailbox's own copy before another's. */
function sameMail(namesakes: readonly Namesake[], externalId: string, connectionId: string): Namesake | null {
  const same = namesakes.filter((one) => one.externalId === externalId);
  return same.find((one) => one.connectionId === connectionId) ?? same[0] ?? null;
}
