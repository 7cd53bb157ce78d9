import { useTranslation } from 'react-i18next';
import type { MailFacts, Message } from '#contract';
import { useFormats } from '../formats.js';
import { shownAddress } from './addresses.js';
import { personText } from './mail-person.js';
import styles from './mail-message.module.css';

/** Everything a mail's header says of people, when it came, and how far it is to be believed. */
export function MailDetails({ message, mail }: { message: Message; mail: MailFacts }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const isOut = message.direction === 'out';
  const addresses = (people: readonly string[]) => people.join(', ');
  const facts: [string, string][] = [
    [t('mail.from'), mail.from === null ? '' : personText(mail.from)],
    [t('mail.to'), addresses(mail.to.map(personText))],
    [t('mail.cc'), addresses(message.cc.map(shownAddress))],
    [t('mail.bcc'), addresses(mail.bcc)],
    [t('mail.subject'), message.subject ?? ''],
    [t('mail.passedOnBy'), mail.forwardedBy === null ? '' : personText(mail.forwardedBy)],
    [t('mail.alsoIn'), addresses(mail.alsoReceivedIn.map(({ name }) => name))],
    [t(isOut ? 'mail.sent' : 'mail.received'), moment(message.sentAt)],
  ];
  return (
    <dl className={styles.details} aria-label={t('mail.details')}>
      {facts
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <Fact key={name} name={name} value={value} />
        ))}
      {mail.authentication && (
        <>
          <dt>{t('mail.sender')}</dt>
          <dd>
            <Verdict mail={mail} />
          </dd>
        </>
      )}
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd dir="auto">{value}</dd>
    </>
  );
}

function Verdict({ mail }: { mail: MailFacts }) {
  const { t } = useTranslation();
  if (!mail.authentication) return null;
  const { verdict, by, domain } = mail.authentication;
  const address = mail.from?.address;
  const how = [by?.toUpperCase(), domain].filter((part) => part != null).join(', ');
  return (
    <>
      {verdict === 'pass' && (domain === null ? t('mail.verdict_passPlain') : t('mail.verdict_pass', { domain }))}
      {verdict === 'fail' && (address === undefined ? t('mail.verdict_failPlain') : t('mail.verdict_fail', { address }))}
      {verdict !== 'pass' && verdict !== 'fail' && t(`mail.verdict_${verdict}`)}
      {how !== '' && <small>{t('mail.verdictBy', { how })}</small>}
    </>
  );
}
