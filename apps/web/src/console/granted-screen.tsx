import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@mantine/core';
import type { ConversationRow, Message } from '#contract';
import { useFormats } from '../formats.js';
import styles from '../pages/connections-page.module.css';
import { Loaded } from '../ui/loaded.js';
import { Card, Page, Section } from '../ui/page.js';
import { PlaceLink } from './place.js';
import { grantedConversationQuery, grantedListQuery, grantedMessagesQuery } from './queries.js';
import own from './console.module.css';

/** What a tenant lets operators read. Each look is in its audit; without its word there is nothing here. */
export function GrantedScreen({ tenantId }: { tenantId: string }) {
  const { t } = useTranslation();
  const [openId, setOpenId] = useState<string | null>(null);
  const query = useQuery(grantedListQuery(tenantId));
  return (
    <Page menu={null} title={t('console.reading')} help={t('console.readingHelp')}>
      <p>
        <PlaceLink to="/">{t('console.back')}</PlaceLink>
      </p>
      <Loaded query={query}>
        {({ items }) => (
          <ul className={styles.list} aria-label={t('console.reading')}>
            {items.map((row) => (
              <Row key={row.id} row={row} isOpen={row.id === openId} onOpen={() => setOpenId(row.id === openId ? null : row.id)} />
            ))}
          </ul>
        )}
      </Loaded>
      {openId !== null && <Thread key={openId} tenantId={tenantId} id={openId} />}
    </Page>
  );
}

function Row({ row, isOpen, onOpen }: { row: ConversationRow; isOpen: boolean; onOpen: () => void }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  return (
    <li className={styles.card}>
      <div className={styles.words}>
        <p className={styles.name}>
          <strong>
            #{row.number} {row.contact.name}
          </strong>
        </p>
        <p className={styles.faint}>{moment(row.lastMessageAt)}</p>
      </div>
      <div className={styles.cardActions}>
        <Button
          variant="default"
          aria-expanded={isOpen}
          aria-label={`${t(isOpen ? 'action.close' : 'console.open')}: #${String(row.number)}`}
          onClick={onOpen}
        >
          {t(isOpen ? 'action.close' : 'console.open')}
        </Button>
      </div>
    </li>
  );
}

function Thread({ tenantId, id }: { tenantId: string; id: string }) {
  const { t } = useTranslation();
  const head = useQuery(grantedConversationQuery(tenantId, id));
  const messages = useQuery(grantedMessagesQuery(tenantId, id));
  const subject = head.data?.subject ?? '';
  return (
    <Section title={t('console.thread', { number: head.data?.number ?? '' })} help={subject === '' ? undefined : subject}>
      <Card>
        <Loaded query={messages}>
          {({ items }) => (
            <ul className={own.thread} aria-label={t('console.messages')}>
              {items.map((message) => (
                <Said key={message.id} message={message} />
              ))}
            </ul>
          )}
        </Loaded>
      </Card>
    </Section>
  );
}

function Said({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  return (
    <li data-direction={message.direction}>
      <p className={styles.faint}>
        {t(`console.said_${message.direction}`)} · {moment(message.sentAt)}
      </p>
      <p className={own.words}>{message.text === '' ? t('console.noText') : message.text}</p>
    </li>
  );
}
