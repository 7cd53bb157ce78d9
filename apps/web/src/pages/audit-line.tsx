import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '#contract';
import { useFormats } from '../formats.js';
import { agentsQuery, connectionsQuery } from '../settings.js';
import styles from './audit-page.module.css';

/** So much of an id tells it from the others on the screen. */
const ID_SHOWN_CHARS = 8;

/** Names for what an entry names by id. */
export function useAuditNames() {
  const { t } = useTranslation();
  const { data: agents } = useQuery(agentsQuery);
  const { data: connections } = useQuery(connectionsQuery);
  const nameOf = (id: string) =>
    agents?.items.find((agent) => agent.id === id)?.name ?? connections?.items.find((connection) => connection.id === id)?.name;
  return {
    who: ({ kind, id }: AuditEntry['by']) => (id === null ? undefined : nameOf(id)) ?? t(`audit.by_${kind}`),
    what: (about: AuditEntry['about']) => {
      if (about === null) return null;
      const kind = t(`audit.about_${about.kind}` as 'audit.about_agent', { defaultValue: about.kind });
      return `${kind} ${nameOf(about.id) ?? about.id.slice(0, ID_SHOWN_CHARS)}`;
    },
  };
}

/** One entry on the list; opens it. */
export function AuditLine({ entry, onShow }: { entry: AuditEntry; onShow: () => void }) {
  const { t } = useTranslation();
  const { shortDate, time } = useFormats();
  const { who, what } = useAuditNames();
  const about = what(entry.about);
  return (
    <li>
      <button type="button" className={styles.line} onClick={onShow}>
        <span className={styles.act}>{t(`audit.act.${entry.act}`)}</span>
        <span className={styles.who}>{[who(entry.by), about].filter(Boolean).join(' · ')}</span>
        <time dateTime={entry.at} className={styles.when}>
          {shortDate(entry.at)}, {time(entry.at)}
        </time>
      </button>
    </li>
  );
}
