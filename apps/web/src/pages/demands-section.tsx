import { Button, Checkbox, NativeSelect } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RoleKind, SecondFactorOf, Security, SecurityChange } from '#contract';
import { api } from '../api.js';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import { may, sessionKey, useSession } from '../session.js';
import { secondFactorsQuery, securityQuery } from '../settings.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, sentenceOf } from '../ui/notify.js';
import { Card, Pill, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import connections from './connections-page.module.css';
import styles from './demands-section.module.css';
import forms from './form.module.css';
import { Refused } from './refused.js';

const ROLES: readonly RoleKind[] = ['owner', 'admin', 'agent', 'privacy_officer', 'custom'];
const GRACE_DAYS = [0, 1, 3, 7, 14, 30, 60, 90];

type Demands = Security['secondFactor'];

/** Who must have a second factor and from when, and who has none yet. */
export function DemandsSection() {
  const { t } = useTranslation();
  const demands = useQuery(securityQuery);
  const people = useQuery({ ...secondFactorsQuery, refetchOnMount: 'always' });
  return (
    <Section title={t('demands.title')} help={t('demands.help')}>
      <Card>
        <Loaded query={demands} skeleton={<Skeleton lines={5} />}>
          {({ secondFactor }) => (
            <Loaded query={people} skeleton={<Skeleton lines={5} />}>
              {({ items }) => (
                <div className={styles.parts}>
                  <DemandsForm key={JSON.stringify(secondFactor)} demands={secondFactor} people={items} />
                  <Waiting people={items.filter(({ enrolBy }) => enrolBy !== null)} isAsked={secondFactor.roles.length > 0} />
                </div>
              )}
            </Loaded>
          )}
        </Loaded>
      </Card>
    </Section>
  );
}

function DemandsForm({ demands, people }: { demands: Demands; people: readonly SecondFactorOf[] }) {
  const { t } = useTranslation();
  const { date } = useFormats();
  const client = useQueryClient();
  const session = useSession();
  const mayChange = may(session, 'security:manage');
  const before = demands.roles.map(({ role }) => role);
  const [roles, setRoles] = useState<readonly RoleKind[]>(before);
  const [graceDays, setGraceDays] = useState(demands.graceDays);
  const [isDoubted, setDoubted] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const { role: own } = session.agent;
  const isSoonerForMe = roles.includes(own) && (!before.includes(own) || graceDays < demands.graceDays);
  const bitesMe = session.proofs.secondFactors.length === 0 && isSoonerForMe;
  const save = async () => {
    setDoubted(false);
    setBusy(true);
    setRefusal(null);
    try {
      const change: SecurityChange = { secondFactor: { roles: [...roles], graceDays } };
      client.setQueryData(securityQuery.queryKey, await api.patch<Security>('/api/security', change));
      notifyDone(t('demands.saved'));
      await client.invalidateQueries({ queryKey: sessionKey });
      await client.invalidateQueries({ queryKey: secondFactorsQuery.queryKey });
    } catch (error) {
      setRefusal(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const stateOf = (role: RoleKind) => {
    const having = people.filter((person) => person.role === role);
    const ready = having.filter(({ isReady }) => isReady).length;
    const since = demands.roles.find((asked) => asked.role === role)?.since;
    const count = having.length === 0 ? t('demands.nobody') : t('demands.ready', { ready, all: having.length });
    return since === undefined ? count : `${count} · ${t('demands.since', { date: date(since) })}`;
  };
  return (
    <form
      className={forms.form}
      data-flush
      onSubmit={(event) => {
        event.preventDefault();
        if (bitesMe) setDoubted(true);
        else void save();
      }}
    >
      <Checkbox.Group
        label={t('demands.who')}
        value={[...roles]}
        onChange={(chosen) => setRoles(ROLES.filter((role) => chosen.includes(role)))}
      >
        <div className={styles.roles}>
          {ROLES.map((role) => (
            <Checkbox
              key={role}
              value={role}
              label={role === 'custom' ? t('people.role_custom') : t(`people.role_${role}`)}
              description={stateOf(role)}
              disabled={!mayChange}
            />
          ))}
        </div>
      </Checkbox.Group>
      <NativeSelect
        label={t('demands.grace')}
        description={t('demands.graceHelp')}
        disabled={!mayChange}
        value={String(graceDays)}
        onChange={(event) => setGraceDays(Number(event.currentTarget.value))}
        // What was set by a program need not be one of ours.
        data={[...new Set([...GRACE_DAYS, demands.graceDays])]
          .sort((a, b) => a - b)
          .map((count) => ({ value: String(count), label: count === 0 ? t('demands.atOnce') : t('demands.days', { count }) }))}
      />
      <p className={connections.faint}>{t('demands.then')}</p>
      {mayChange && own !== 'owner' && <p className={connections.faint}>{t('demands.ownersOnly')}</p>}
      <Refused refusal={refusal} />
      {mayChange ? (
        <div className={forms.actions}>
          <Button type="submit" loading={isBusy}>
            {t('action.save')}
          </Button>
        </div>
      ) : (
        <p className={connections.faint}>{t('security.forbidden')}</p>
      )}
      <ConfirmDialog
        isOpen={isDoubted}
        title={t('demands.selfTitle')}
        help={<p>{graceDays === 0 ? t('demands.selfNow') : t('demands.selfSoon', { count: graceDays })}</p>}
        label={t('demands.self')}
        onConfirm={() => void save()}
        onClose={() => setDoubted(false)}
      />
    </form>
  );
}

/** Whom the tenant still waits for: in the order in which it ends. */
function Waiting({ people, isAsked }: { people: readonly SecondFactorOf[]; isAsked: boolean }) {
  const { t } = useTranslation();
  const { date } = useFormats();
  const atMs = useNowMs();
  if (!isAsked) return null;
  return (
    <div>
      <h3 className={styles.heading}>{t('demands.waiting')}</h3>
      {people.length === 0 ? (
        <p className={connections.faint}>{t('demands.everybody')}</p>
      ) : (
        <ul className={connections.list} aria-label={t('demands.waiting')}>
          {people.map(({ agentId, name, role, enrolBy }) => (
            <li key={agentId} className={connections.card}>
              <div className={connections.words}>
                <p className={connections.name}>
                  <strong>{name}</strong>
                  <Pill tone={Date.parse(enrolBy!) <= atMs ? 'warn' : 'plain'}>
                    {Date.parse(enrolBy!) <= atMs ? t('demands.over') : t('demands.until', { date: date(enrolBy!) })}
                  </Pill>
                </p>
                <p className={connections.faint}>{role === 'custom' ? t('people.role_custom') : t(`people.role_${role}`)}</p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
