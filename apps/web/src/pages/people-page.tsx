import { Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent, AgentChange, AgentRole, Invite, Invited, Role } from '#contract';
import { api, newKey } from '../api.js';
import { useFormats } from '../formats.js';
import { RailButton } from '../rail.js';
import { may, useSession } from '../session.js';
import { agentsQuery, rolesQuery, teamsQuery } from '../settings.js';
import { CopyField } from '../ui/copy-field.js';
import { Face } from '../ui/face.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Page, Pill, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import connections from './connections-page.module.css';
import { rules, showRefusal } from './fields.js';
import forms from './form.module.css';
import styles from './people-page.module.css';
import { Refused } from './refused.js';
import { RolesSection } from './roles-section.js';
import { TeamsSection } from './teams-section.js';

const SHIPPED: readonly AgentRole[] = ['agent', 'privacy_officer', 'admin', 'owner'];

/** The roles to choose from. A value is the id of a role of the tenant's own, or the kind of one that ships. */
function useRoleChoices() {
  const { t } = useTranslation();
  const { data } = useQuery(rolesQuery);
  const own = (data?.items ?? []).filter((role): role is Role & { id: string } => role.id !== null);
  return {
    choices: [
      ...SHIPPED.map((role) => ({ value: role as string, label: t(`people.role_${role}`) })),
      ...own.map(({ id, name }) => ({ value: id, label: name })),
    ],
    choiceOf: (value: string): Pick<Invite, 'role' | 'roleId'> =>
      own.some(({ id }) => id === value) ? { role: 'custom', roleId: value } : { role: value as AgentRole, roleId: null },
  };
}

/** The tenant's agents: who they are, what they may do, and a link for the next one. */
export function PeoplePage() {
  const { t } = useTranslation();
  const session = useSession();
  // The feed does not tell when a colleague has come in: whoever looks at this page asks.
  const query = useQuery({ ...agentsQuery, refetchOnMount: 'always' });
  const isAdmin = may(session, 'agent:manage');
  return (
    <Page menu={<RailButton />} title={t('people.title')} help={t('people.help')}>
      <Loaded query={query} skeleton={<Skeleton shape="card" lines={3} />}>
        {({ items }) => (
          <ul className={connections.list} aria-label={t('people.title')}>
            {items.map((agent) => (
              <Person key={agent.id} agent={agent} isAdmin={isAdmin} isSelf={agent.id === session.agent.id} />
            ))}
          </ul>
        )}
      </Loaded>
      {isAdmin && <InviteForm />}
      <TeamsSection />
      <RolesSection />
    </Page>
  );
}

const TONES = { active: 'good', invited: 'accent', deactivated: 'plain' } as const;

function Person({ agent, isAdmin, isSelf }: { agent: Agent; isAdmin: boolean; isSelf: boolean }) {
  const { t } = useTranslation();
  const { shortDate } = useFormats();
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const { choices, choiceOf } = useRoleChoices();
  const value = agent.roleId ?? agent.role;
  const { data: teams } = useQuery(teamsQuery);
  const inTeams = (teams?.items ?? []).filter(({ agentIds }) => agentIds.includes(agent.id)).map(({ name }) => name);
  const change = async (wanted: AgentChange) => {
    try {
      await api.patch<unknown>(`/api/agents/${encodeURIComponent(agent.id)}`, wanted);
      notifyDone(t('people.changed', { name: agent.name }));
      await client.invalidateQueries({ queryKey: agentsQuery.queryKey });
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
  };
  const mayChange = isAdmin && !isSelf;
  return (
    <li className={connections.card} data-state={agent.state}>
      <Face name={agent.name} sizePx={34} />
      <div className={connections.words}>
        <p className={connections.name}>
          <strong>{agent.name}</strong>
          {isSelf && <span className={connections.faint}>({t('people.you')})</span>}
          {agent.state !== 'active' && <Pill tone={TONES[agent.state]}>{t(`people.state_${agent.state}`)}</Pill>}
        </p>
        <p className={connections.faint}>
          {agent.email} · {t('people.since', { date: shortDate(agent.createdAt) })}
          {inTeams.length > 0 && ` · ${t('people.teams', { teams: inTeams.join(', ') })}`}
        </p>
      </div>
      <div className={styles.controls}>
        {mayChange ? (
          <NativeSelect
            size="xs"
            className={styles.role}
            aria-label={t('people.roleOf', { name: agent.name })}
            value={value}
            onChange={(event) => void change(choiceOf(event.currentTarget.value))}
            data={choices}
          />
        ) : (
          <Pill>{choices.find((choice) => choice.value === value)?.label}</Pill>
        )}
        {mayChange && agent.state === 'active' && (
          <Button variant="default" onClick={() => setAsking(true)} aria-label={`${t('people.deactivate')}: ${agent.name}`}>
            {t('people.deactivate')}
          </Button>
        )}
        {mayChange && agent.state === 'deactivated' && (
          <Button variant="default" onClick={() => void change({ state: 'active' })} aria-label={`${t('people.activate')}: ${agent.name}`}>
            {t('people.activate')}
          </Button>
        )}
      </div>
      <Modal
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={t('people.deactivateTitle', { name: agent.name })}
        closeButtonProps={{ 'aria-label': t('action.close') }}
      >
        <p>{t('people.deactivateHelp', { name: agent.name })}</p>
        <div className={connections.dialogActions}>
          <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
            {t('action.cancel')}
          </Button>
          <Button
            color="red"
            onClick={() => {
              setAsking(false);
              void change({ state: 'deactivated' });
            }}
          >
            {t('people.deactivate')}
          </Button>
        </div>
      </Modal>
    </li>
  );
}

function InviteForm() {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const { choices, choiceOf } = useRoleChoices();
  const client = useQueryClient();
  const [key, setKey] = useState(newKey);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [invited, setInvited] = useState<Invited | null>(null);
  const form = useForm({
    initialValues: { name: '', email: '', role: 'agent' },
    validate: { name: rules.filled, email: rules.email },
    onValuesChange: () => setKey(newKey()),
  });
  const submit = async (values: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    const body: Invite = { ...values, email: values.email.trim(), ...choiceOf(values.role) };
    try {
      setInvited(await api.create<Invited>('/api/agents', body, key));
      form.reset();
      await client.invalidateQueries({ queryKey: agentsQuery.queryKey });
    } catch (error) {
      setRefusal(showRefusal(form, error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={t('people.inviteTitle')} help={t('people.inviteHelp')}>
      {invited && (
        <Card tone="warn">
          <div className={connections.once}>
            <p role="status">
              <strong>{t('people.linkTitle', { name: invited.agent.name })}</strong>.{' '}
              {t('people.linkHelp', { date: moment(invited.expiresAt) })}
            </p>
            <CopyField label={t('people.linkTitle', { name: invited.agent.name })} value={invited.inviteUrl} />
            <div className={forms.actions}>
              <Button variant="default" onClick={() => setInvited(null)}>
                {t('action.done')}
              </Button>
            </div>
          </div>
        </Card>
      )}
      <Card>
        <form className={connections.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
          <div className={forms.inline}>
            <TextInput required autoComplete="off" label={t('people.name')} {...form.getInputProps('name')} />
            <TextInput required type="email" autoComplete="off" label={t('people.email')} {...form.getInputProps('email')} />
          </div>
          <NativeSelect label={t('people.role')} description={t('people.roleHelp')} data={choices} {...form.getInputProps('role')} />
          <Refused refusal={refusal} />
          <div className={forms.actions}>
            <Button type="submit" loading={isBusy}>
              {t('people.invite')}
            </Button>
          </div>
        </form>
      </Card>
    </Section>
  );
}
