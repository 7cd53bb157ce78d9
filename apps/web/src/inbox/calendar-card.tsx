import { IconCalendarEvent, IconCalendarX } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MailCalendar } from '#contract';
import { useFormats } from '../formats.js';
import styles from './calendar-card.module.css';
import { whenOf } from './calendar-when.js';
import { LinkedText } from './linked-text.js';
import { personText } from './mail-person.js';

const ATTENDEES_SHOWN = 5;

type Attendee = MailCalendar['attendees'][number];

function nameOf({ name, address }: { name: string | null; address: string | null }): string {
  if (address === null) return name ?? '';
  return name === address ? address : personText({ name, address });
}

/** An invitation, or an answer to one: what, when in the reader's own time, where, and who comes. */
export function CalendarCard({ calendar }: { calendar: MailCalendar }) {
  const { t } = useTranslation();
  const id = useId();
  const { summary, location, description, organiser, attendees } = calendar;
  const isOff = calendar.isCancelled || calendar.method === 'cancel';
  const Icon = isOff ? IconCalendarX : IconCalendarEvent;
  const kind = t(isOff ? 'calendar.method_cancel' : `calendar.method_${calendar.method}`);
  const organiserName = organiser === null ? '' : nameOf(organiser);
  return (
    <section className={styles.card} data-off={isOff} aria-labelledby={id}>
      <p className={styles.kind}>
        <Icon size={15} aria-hidden /> {kind}
      </p>
      <p id={id} className={styles.title} dir="auto">
        {isOff ? <s>{titleOf(summary, t('calendar.untitled'))}</s> : titleOf(summary, t('calendar.untitled'))}
      </p>
      <dl className={styles.facts}>
        <When calendar={calendar} />
        {location !== null && location !== '' && (
          <>
            <dt>{t('calendar.where')}</dt>
            <dd dir="auto">
              <LinkedText text={location} />
            </dd>
          </>
        )}
        {organiserName !== '' && (
          <>
            <dt>{t('calendar.organiser')}</dt>
            <dd dir="auto">{organiserName}</dd>
          </>
        )}
        {attendees.length > 0 && (
          <>
            <dt>{t('calendar.attendees')}</dt>
            <dd>
              <Attendees attendees={attendees} />
            </dd>
          </>
        )}
      </dl>
      {description !== null && description !== '' && (
        <p className={styles.description} dir="auto">
          <LinkedText text={description} />
        </p>
      )}
      {calendar.hasMore && <p className={styles.faint}>{t('calendar.hasMore')}</p>}
    </section>
  );
}

function titleOf(summary: string | null, untitled: string): string {
  return summary === null || summary === '' ? untitled : summary;
}

function When({ calendar }: { calendar: MailCalendar }) {
  const { t } = useTranslation();
  const { locale } = useFormats();
  const when = whenOf(calendar, locale, Intl.DateTimeFormat().resolvedOptions().timeZone);
  if (when === null) return null;
  const { here, written, isAllDay } = when;
  const notes = [
    isAllDay ? t('calendar.allDay') : null,
    here !== null && written !== null ? t('calendar.yourTime') : null,
    calendar.isRepeated ? t('calendar.repeated') : null,
  ].filter((note) => note !== null);
  return (
    <>
      <dt>{t('calendar.when')}</dt>
      <dd data-number>
        {[here ?? written, ...notes].join(', ')}
        {here !== null && written !== null && <small>{t('calendar.written', { written })}</small>}
      </dd>
    </>
  );
}

function Attendees({ attendees }: { attendees: readonly Attendee[] }) {
  const { t } = useTranslation();
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? attendees : attendees.slice(0, ATTENDEES_SHOWN);
  return (
    <ul>
      {shown.map((attendee, index) => (
        <li key={`${attendee.address ?? ''} ${index}`}>
          <span dir="auto">{nameOf(attendee)}</span>{' '}
          <span className={styles.answer} data-answer={attendee.answer}>
            {t(`calendar.answer_${attendee.answer}`)}
          </span>
        </li>
      ))}
      {shown.length < attendees.length && (
        <li>
          <button type="button" className={styles.more} onClick={() => setShowsAll(true)}>
            {t('calendar.showAll', { count: attendees.length })}
          </button>
        </li>
      )}
    </ul>
  );
}
