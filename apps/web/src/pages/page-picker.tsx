import { Button, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChoosePages, Connection, PageLogin } from '#contract';
import { api, ApiError, newKey } from '../api.js';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import type { ConnectionsWords } from '../i18n/en-connections.js';
import { fieldWords } from '../server-words.js';
import { connectionsQuery, FACEBOOK_LOGIN_URL, pageLoginQuery } from '../settings.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, sentenceOf } from '../ui/notify.js';
import { Card, Section } from '../ui/page.js';
import { EmptyState } from '../ui/states.js';
import forms from './form.module.css';
import styles from './page-picker.module.css';
import { Refused } from './refused.js';

type OfferedPage = PageLogin['pages'][number];

/** A page can be chosen when Facebook lets this person connect it; one that is elsewhere needs a code as well. */
const CHOOSABLE: ReadonlySet<OfferedPage['state']> = new Set<OfferedPage['state']>(['free', 'ours', 'elsewhere']);

interface PagePickerProps {
  loginId: string;
  onDone: () => void;
}

/** The pages that a login with Facebook brought, to choose from. */
export function PagePicker({ loginId, onDone }: PagePickerProps) {
  const { t } = useTranslation();
  const { timeLeft } = useFormats();
  const atMs = useNowMs();
  const query = useQuery(pageLoginQuery(loginId));
  const leftMs = query.data ? Date.parse(query.data.expiresAt) - atMs : null;
  const isGone = (query.error instanceof ApiError && query.error.status === 404) || (leftMs !== null && leftMs <= 0);
  if (isGone) return <StartAgain title={t('picker.goneTitle')} help={t('picker.goneHelp')} onDone={onDone} />;
  return (
    <Section title={t('picker.title')} help={leftMs === null ? undefined : t('picker.help', { time: timeLeft(leftMs) })}>
      <Loaded query={query}>
        {({ pages }) =>
          pages.length === 0 ? (
            <StartAgain title={t('picker.none')} help={t('picker.noneHelp')} onDone={onDone} />
          ) : (
            <Choice loginId={loginId} pages={pages} onDone={onDone} />
          )
        }
      </Loaded>
    </Section>
  );
}

function Choice({ loginId, pages, onDone }: PagePickerProps & { pages: readonly OfferedPage[] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    () => new Set(pages.filter(({ state }) => state === 'ours' || (state === 'free' && pages.length === 1)).map(({ id }) => id)),
  );
  const [codes, setCodes] = useState<ReadonlyMap<string, string>>(new Map());
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map());
  const choose = (id: string, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (chosen.size === 0) return;
    setBusy(true);
    setRefusal(null);
    setProblems(new Map());
    const wanted = pages.filter(({ id }) => chosen.has(id));
    const body: ChoosePages = {
      pages: wanted.map(({ id }) => {
        const code = codes.get(id)?.trim();
        return { pageId: id, moveCode: code === undefined || code === '' ? undefined : code };
      }),
    };
    try {
      // Pressed again after a refusal it is another wish: what is in the way may be gone by now.
      const path = `/api/connections/messenger/logins/${encodeURIComponent(loginId)}/pages`;
      await api.create<Connection[]>(path, body, newKey());
      notifyDone(t('picker.connected', { count: wanted.length }));
      onDone();
    } catch (error) {
      const beside = problemsOf(error, wanted);
      setProblems(beside);
      setRefusal(sentenceOf(error));
      // What could be connected is; only the rest is still to be chosen.
      if (beside.size > 0) setChosen(new Set(beside.keys()));
    } finally {
      setBusy(false);
    }
    await Promise.all([
      client.invalidateQueries({ queryKey: connectionsQuery.queryKey }),
      client.invalidateQueries({ queryKey: pageLoginQuery(loginId).queryKey }),
    ]);
  };
  return (
    <Card>
      <form className={forms.form} data-flush noValidate onSubmit={(event) => void submit(event)}>
        <ul className={styles.pages}>
          {pages.map((page) => (
            <OfferedLine
              key={page.id}
              page={page}
              isChosen={chosen.has(page.id)}
              problem={problems.get(page.id)}
              code={codes.get(page.id) ?? ''}
              onChoose={(isChosen) => choose(page.id, isChosen)}
              onCode={(code) => setCodes(new Map(codes).set(page.id, code))}
            />
          ))}
        </ul>
        <Refused refusal={refusal} />
        <p className={styles.hint}>{t('picker.importHint')}</p>
        <div className={forms.actions}>
          <Button variant="default" onClick={onDone}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" loading={isBusy} disabled={chosen.size === 0}>
            {chosen.size === 0 ? t('picker.connectNone') : t('picker.connect', { count: chosen.size })}
          </Button>
        </div>
      </form>
    </Card>
  );
}

/** The server names refused pages by their place in what was asked: `pages.2`. */
function problemsOf(error: unknown, wanted: readonly OfferedPage[]): Map<string, string> {
  const problems = new Map<string, string>();
  if (!(error instanceof ApiError)) return problems;
  for (const field of error.fields) {
    const page = wanted[Number(/^pages\.(\d+)/.exec(field.path)?.[1] ?? NaN)];
    if (page) problems.set(page.id, fieldWords(field));
  }
  return problems;
}

interface OfferedLineProps {
  page: OfferedPage;
  isChosen: boolean;
  problem: string | undefined;
  code: string;
  onChoose: (isChosen: boolean) => void;
  onCode: (code: string) => void;
}

function OfferedLine({ page, isChosen, problem, code, onChoose, onCode }: OfferedLineProps) {
  const { t } = useTranslation();
  const canChoose = CHOOSABLE.has(page.state);
  const helpId = `page-${page.id}`;
  return (
    <li className={styles.page} data-off={!canChoose}>
      <label className={styles.choice}>
        <input
          type="checkbox"
          checked={isChosen}
          disabled={!canChoose}
          aria-describedby={helpId}
          onChange={({ currentTarget }) => onChoose(currentTarget.checked)}
        />
        <strong>{page.name}</strong>
        <span className={styles.id}>{page.id}</span>
      </label>
      <p className={styles.help} id={helpId}>
        {t(`picker.state_${page.state}`)}
      </p>
      {page.state === 'elsewhere' && isChosen && (
        <TextInput
          className={styles.code}
          autoComplete="off"
          label={t('picker.code', { name: page.name })}
          value={code}
          onChange={({ currentTarget }) => onCode(currentTarget.value)}
        />
      )}
      {problem !== undefined && <p className={styles.problem}>{problem}</p>}
    </li>
  );
}

/** Why somebody came back from Facebook with nothing. */
export function LoginRefused({ code, onDone }: { code: string; onDone: () => void }) {
  const { t, i18n } = useTranslation();
  const known = i18n.exists(`loginRefused.${code}`) ? (code as keyof ConnectionsWords['loginRefused']) : 'other';
  return <StartAgain title={t('picker.refusedTitle')} help={t(`loginRefused.${known}`)} onDone={onDone} />;
}

function StartAgain({ title, help, onDone }: { title: string; help: string; onDone: () => void }) {
  const { t } = useTranslation();
  return (
    <Card tone="warn">
      <EmptyState role="alert" title={title} help={help}>
        <Button component="a" href={FACEBOOK_LOGIN_URL}>
          {t('picker.again')}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t('action.close')}
        </Button>
      </EmptyState>
    </Card>
  );
}
