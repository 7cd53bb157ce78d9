import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Conversation, ConversationRow } from '#contract';
import type { ConversationFilter } from '../conversations.js';
import { useFormats } from '../formats.js';
import { contactQuery } from '../settings.js';
import { ChannelMark } from '../ui/channel-mark.js';
import { Face } from '../ui/face.js';
import { Skeleton } from '../ui/states.js';
import styles from './details.module.css';
import { RetentionCard } from './retention-card.js';

const OTHERS_SHOWN_MAX = 8;

interface DetailsProps {
  row: ConversationRow;
  whole: Conversation | undefined;
  filter: ConversationFilter;
}

/** Who the contact is, what is kept of this conversation and until when, and what else was said. */
export function Details({ row, whole, filter }: DetailsProps) {
  const { t } = useTranslation();
  const { shortDate } = useFormats();
  const contact = useQuery(contactQuery(row.contact.id));
  return (
    <div className={styles.details}>
      <div className={styles.person}>
        <Face name={row.contact.name} pictureUrl={row.contact.pictureUrl} sizePx={40} />
        <div>
          <h2 className={styles.name} title={row.contact.name} dir="auto">
            {row.contact.name}
          </h2>
          {contact.data && <p className={styles.faint}>{t('details.known', { date: shortDate(contact.data.createdAt) })}</p>}
        </div>
      </div>
      {contact.isError && <p className={styles.faint}>{t('details.contactFailed')}</p>}
      {contact.data && contact.data.identities.length > 0 && (
        <section aria-label={t('details.reachesUs')}>
          <h3>{t('details.reachesUs')}</h3>
          <ul className={styles.identities}>
            {contact.data.identities.map((identity) => (
              <li key={`${identity.channel} ${identity.externalId}`}>
                <ChannelMark channel={identity.channel} sizePx={15} />
                <span>
                  {identity.channel === 'email' ? identity.externalId : (identity.connectionName ?? t('channel.messenger'))}
                  {identity.channel === 'messenger' && <span className={styles.faint}> {identity.externalId}</span>}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section aria-label={t('retention.title')}>
        <h3>{t('retention.title')}</h3>
        {whole ? <RetentionCard conversation={whole} /> : <Skeleton shape="card" lines={1} />}
      </section>
      <section aria-label={t('details.conversation')}>
        <h3>{t('details.conversation')}</h3>
        <dl className={styles.facts}>
          <dt>{t('details.via')}</dt>
          <dd>{row.connection.name}</dd>
          {row.channel === 'email' && (
            <>
              <dt>{t('details.subject')}</dt>
              <dd className={styles.subject} title={row.subject} dir="auto">
                {row.subject === '' ? t('details.noSubject') : row.subject}
              </dd>
            </>
          )}
          {whole && (
            <>
              <dt>{t('details.opened')}</dt>
              <dd>{shortDate(whole.createdAt)}</dd>
            </>
          )}
          <dt>{t('details.tags')}</dt>
          <dd>{row.tags.length === 0 ? t('details.noTags') : row.tags.join(', ')}</dd>
        </dl>
      </section>
      {contact.data && <Others conversations={contact.data.conversations.filter(({ id }) => id !== row.id)} filter={filter} />}
    </div>
  );
}

interface OthersProps {
  conversations: readonly { id: string; number: number; subject: string; status: string; lastMessageAt: string }[];
  filter: ConversationFilter;
}

function Others({ conversations, filter }: OthersProps) {
  const { t } = useTranslation();
  const { shortDate } = useFormats();
  return (
    <section aria-label={t('details.earlier')}>
      <h3>{t('details.earlier')}</h3>
      {conversations.length === 0 && <p className={styles.faint}>{t('details.noEarlier')}</p>}
      <ul className={styles.others}>
        {conversations.slice(0, OTHERS_SHOWN_MAX).map((other) => (
          <li key={other.id}>
            <Link to="/inbox/$view/$conversationId" params={{ view: filter.view, conversationId: other.id }}>
              <span data-number>#{other.number}</span>
              <span className={styles.otherSubject}>{other.subject === '' ? t('details.noSubject') : other.subject}</span>
              <time dateTime={other.lastMessageAt}>{shortDate(other.lastMessageAt)}</time>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
