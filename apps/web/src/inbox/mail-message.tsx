import { ActionIcon } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowForwardUp,
  IconArrowMerge,
  IconInfoCircle,
  IconRobot,
  IconShieldCheck,
  IconUserQuestion,
} from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MailClass, Message } from '#contract';
import { useFormats } from '../formats.js';
import { shownAddress } from './addresses.js';
import { CalendarCard } from './calendar-card.js';
import { openForward } from './forwarding.js';
import { MailDetails } from './mail-details.js';
import { MailFrame } from './mail-frame.js';
import styles from './mail-message.module.css';
import { nameOf, useOpenConversation } from './open-conversation.js';
import { personText } from './mail-person.js';

/** What stands above a mail: whose it is by its real address, how far that is to be believed, and who passed it on. */
export function MailHead({ message, opens }: { message: Message; opens: boolean }) {
  const { t } = useTranslation();
  const { mail, direction, kind } = message;
  if (direction === 'out') {
    if (kind !== 'forward' || !mail) return null;
    return (
      <p className={styles.line}>
        <IconArrowForwardUp size={14} aria-hidden />
        <span>{t('mail.forwardedTo', { names: mail.to.map(personText).join(', ') })}</span>
      </p>
    );
  }
  const verdict = mail?.authentication?.verdict;
  return (
    <>
      {mail && (opens || verdict === 'fail' || mail.forwardedBy !== null) && (
        <p className={styles.head}>
          <strong>{message.author.name}</strong>
          {mail.from && mail.from.address !== message.author.name && <span className={styles.address}>{mail.from.address}</span>}
          {verdict === 'pass' && <Proven message={message} />}
        </p>
      )}
      {mail?.forwardedBy && (
        <p className={styles.line}>
          <IconArrowForwardUp size={14} aria-hidden />
          <span>{t('mail.forwardedBy', { name: personText(mail.forwardedBy) })}</span>
        </p>
      )}
      {opens && <ByMachine message={message} />}
      {verdict === 'fail' && <NotProven address={mail?.from?.address} />}
      {message.fromStranger ? <Stranger message={message} /> : opens && <NotContact message={message} />}
    </>
  );
}

function Proven({ message }: { message: Message }) {
  const { t } = useTranslation();
  const domain = message.mail?.authentication?.domain;
  const words = domain ? t('mail.verdict_pass', { domain }) : t('mail.verdict_passPlain');
  return (
    <span className={styles.proven} role="img" aria-label={t('mail.proven')} title={words}>
      <IconShieldCheck size={14} aria-hidden />
    </span>
  );
}

function NotProven({ address }: { address: string | undefined }) {
  const { t } = useTranslation();
  return (
    <p className={styles.banner} data-tone="bad">
      <IconAlertTriangle size={15} aria-hidden />
      <span>{address === undefined ? t('mail.verdict_failPlain') : t('mail.verdict_fail', { address })}</span>
    </p>
  );
}

function Stranger({ message }: { message: Message }) {
  const { t } = useTranslation();
  const replyAddress = useOpenConversation()?.mail?.replyAddress;
  return (
    <p className={styles.banner}>
      <IconUserQuestion size={15} aria-hidden />
      <span>
        {t('mail.stranger', { name: message.author.name })}
        {replyAddress !== undefined && ` ${t('mail.strangerHelp', { address: replyAddress })}`}
      </span>
    </p>
  );
}

/** Another one takes part since a conversation was merged into this one: what one answers goes to the contact all the same. */
function NotContact({ message: { author } }: { message: Message }) {
  const { t } = useTranslation();
  const conversation = useOpenConversation();
  if (!conversation?.mail || author.kind !== 'contact' || author.id === conversation.contact.id) return null;
  return (
    <p className={styles.banner}>
      <IconArrowMerge size={15} aria-hidden />
      <span>
        {t('mail.notContact', { name: author.name })} {t('mail.strangerHelp', { address: conversation.mail.replyAddress })}
      </span>
    </p>
  );
}

interface MailActsProps {
  message: Message;
  className: string | undefined;
  isOpen: boolean;
  onDetails: () => void;
}

/** What one can do with a mail, beside it. */
export function MailActs({ message, className, isOpen, onDetails }: MailActsProps) {
  const { t } = useTranslation();
  const mayForward = useOpenConversation()?.replyLimits.forward === true;
  return (
    <span className={styles.acts}>
      <ActionIcon
        className={className}
        size={26}
        aria-label={t('mail.details')}
        aria-expanded={isOpen}
        title={t('mail.details')}
        onClick={onDetails}
      >
        <IconInfoCircle size={15} aria-hidden />
      </ActionIcon>
      {mayForward && (
        <ActionIcon
          className={className}
          size={26}
          aria-label={t('mail.forward')}
          title={t('mail.forward')}
          onClick={() => openForward(message)}
        >
          <IconArrowForwardUp size={15} aria-hidden />
        </ActionIcon>
      )}
    </span>
  );
}

/** That no person wrote it, where it is not folded into a line that says so: the first of a conversation. */
function ByMachine({ message }: { message: Message }) {
  const { t } = useTranslation();
  const kind = message.mail?.class;
  if (message.direction !== 'in' || kind === undefined || kind === 'human' || kind === 'calendar') return null;
  return (
    <p className={styles.line}>
      <IconRobot size={14} aria-hidden />
      <span>{t(`mail.class_${kind}`, { name: message.author.name })}</span>
    </p>
  );
}

/** What stands below the words of a mail: how its sender laid it out, the appointment in it, what is worth knowing, and on request everything. */
export function MailBody({ message, showsDetails }: { message: Message; showsDetails: boolean }) {
  const { mail, cc } = message;
  return (
    <>
      {message.htmlUrl !== null && (
        <MailFrame url={message.htmlUrl} attachments={message.attachments} isOut={message.direction === 'out'} />
      )}
      {mail?.calendar && <CalendarCard calendar={mail.calendar} />}
      {mail && mail.flags.length > 0 && <Flags message={message} />}
      {cc.length > 0 && !showsDetails && <Copies cc={cc} />}
      {mail && showsDetails && <MailDetails message={message} mail={mail} />}
    </>
  );
}

/** So many who got a copy are named; the others are with the details of the mail. */
const COPIES_NAMED_MAX = 3;

function Copies({ cc }: { cc: readonly string[] }) {
  const { t } = useTranslation();
  const names = cc.slice(0, COPIES_NAMED_MAX).map(shownAddress).join(', ');
  const more = cc.length - COPIES_NAMED_MAX;
  return (
    <p className={styles.line}>
      {t('mail.cc')}: {more > 0 ? t('mail.ccMore', { names, count: more }) : names}
    </p>
  );
}

/** What somebody should look twice at. The rest only tells how a mail came to be shown. */
const LOUD: ReadonlySet<string> = new Set(['looks_like_agent', 'from_ambiguous', 'structure_ambiguous']);

function Flags({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { subject, mail } = message;
  return (
    <ul className={styles.flags}>
      {mail?.flags.map((flag) => (
        <li key={flag} data-loud={LOUD.has(flag)}>
          {LOUD.has(flag) && <IconAlertTriangle size={13} aria-hidden />}
          {flag === 'subject_changed'
            ? subject === null || subject === ''
              ? t('mail.flag_subject_changedPlain')
              : t('mail.flag_subject_changed', { subject })
            : t(`mail.flag_${flag}`)}
        </li>
      ))}
    </ul>
  );
}

type MachineClass = Exclude<MailClass, 'human' | 'calendar'>;

/** What a machine sent beside what people say: one line, and the whole of it on request. */
export function MachineLine({ message, children }: { message: Message; children: ReactNode }) {
  const { t } = useTranslation();
  const { time, moment } = useFormats();
  const [isShown, setShown] = useState(false);
  const conversation = useOpenConversation();
  const kind = (message.mail?.class ?? 'auto_generated') as MachineClass;
  const name = nameOf(message, conversation);
  return (
    <>
      <p className={styles.machine}>
        <IconRobot size={14} aria-hidden />
        <span className={styles.machineWords}>
          {t(`mail.class_${kind}`, { name })}
          {!isShown && message.text !== '' && <span dir="auto"> · {message.text}</span>}
        </span>
        <time dateTime={message.sentAt} title={moment(message.sentAt)}>
          {time(message.sentAt)}
        </time>
        <button type="button" className={styles.toggle} aria-expanded={isShown} onClick={() => setShown(!isShown)}>
          {isShown ? t('mail.hide') : t('mail.show')}
        </button>
      </p>
      {isShown && children}
    </>
  );
}
