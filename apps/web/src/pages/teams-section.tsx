import { Button, Checkbox, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent, Connection, NewTeam, Team } from '#contract';
import { api, newKey } from '../api.js';
import { may, useSession } from '../session.js';
import { agentsQuery, connectionsQuery, teamsQuery } from '../settings.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { LazyModal } from '../ui/lazy-modal.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import connections from './connections-page.module.css';
import forms from './form.module.css';
import styles from './people-page.module.css';

/** Who works together, and on which pages and mailboxes, which nobody else then sees. */
export function TeamsSection() {
  const { t } = useTranslation();
  const query = useQuery(teamsQuery);
  const mayChange = may(useSession(), 'team:manage');
  const [edited, setEdited] = useState<Team | 'new' | null>(null);
  const aside = mayChange && <Button onClick={() => setEdited('new')}>{t('teams.add')}</Button>;
  return (
    <Section title={t('teams.title')} help={t('teams.help')} aside={aside}>
      <Loaded query={query} skeleton={<Skeleton shape="card" lines={2} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Card>
              <p className={connections.faint}>{t('teams.none')}</p>
            </Card>
          ) : (
            <ul className={connections.list} aria-label={t('teams.title')}>
              {items.map((team) => (
                <TeamLine key={team.id} team={team} onEdit={mayChange ? () => setEdited(team) : undefined} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <LazyModal
        opened={edited !== null}
        onClose={() => setEdited(null)}
        title={edited === 'new' || edited === null ? t('teams.add') : t('teams.editOf', { name: edited.name })}
      >
        {edited !== null && <TeamForm team={edited === 'new' ? null : edited} onDone={() => setEdited(null)} />}
      </LazyModal>
    </Section>
  );
}

function TeamLine({ team, onEdit }: { team: Team; onEdit: (() => void) | undefined }) {
  const { t } = useTranslation();
  const { data: agents } = useQuery(agentsQuery);
  const { data: known } = useQuery(connectionsQuery);
  const names = (items: readonly (Agent | Connection)[] | undefined, ids: readonly string[]) =>
    (items ?? []).filter(({ id }) => ids.includes(id)).map(({ name }) => name);
  const people = names(agents?.items, team.agentIds);
  const works = names(known?.items, team.connectionIds);
  return (
    <li className={connections.card}>
      <div className={connections.words}>
        <p className={connections.name}>
          <strong>{team.name}</strong>
        </p>
        <p className={connections.faint}>
          {t('teams.people')}: {people.length === 0 ? t('teams.nobody') : people.join(', ')}
        </p>
        <p className={connections.faint}>
          {t('teams.connections')}: {works.length === 0 ? t('teams.everything') : works.join(', ')}
        </p>
      </div>
      {onEdit && (
        <div className={styles.controls}>
          <Button variant="default" onClick={onEdit} aria-label={t('teams.editOf', { name: team.name })}>
            {t('teams.edit')}
          </Button>
        </div>
      )}
    </li>
  );
}

function TeamForm({ team, onDone }: { team: Team | null; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data: agents } = useQuery(agentsQuery);
  const { data: known } = useQuery(connectionsQuery);
  const [key] = useState(newKey);
  const [name, setName] = useState(team?.name ?? '');
  const [agentIds, setAgentIds] = useState<string[]>(team?.agentIds ?? []);
  const [connectionIds, setConnectionIds] = useState<string[]>(team?.connectionIds ?? []);
  const [isBusy, setBusy] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const act = async (work: () => Promise<unknown>, done: string) => {
    setBusy(true);
    try {
      await work();
      notifyDone(done);
      await client.invalidateQueries({ queryKey: teamsQuery.queryKey });
      onDone();
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const path = team && `/api/teams/${encodeURIComponent(team.id)}`;
  const save = (event: FormEvent) => {
    event.preventDefault();
    const body: NewTeam = { name: name.trim(), agentIds, connectionIds };
    void act(() => (path ? api.patch<Team>(path, body) : api.create<Team>('/api/teams', body, key)), t('teams.saved', { name: body.name }));
  };
  return (
    <form className={forms.form} data-flush onSubmit={save}>
      <TextInput
        required
        label={t('teams.name')}
        value={name}
        maxLength={60}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <Choice
        label={t('teams.people')}
        items={(agents?.items ?? []).filter(({ state }) => state !== 'deactivated')}
        value={agentIds}
        onChange={setAgentIds}
      />
      <Choice label={t('teams.connections')} items={known?.items ?? []} value={connectionIds} onChange={setConnectionIds} />
      <div className={forms.actions}>
        {path && (
          <Button variant="default" disabled={isBusy} aria-label={t('teams.removeOf', { name: team.name })} onClick={() => setAsking(true)}>
            {t('teams.remove')}
          </Button>
        )}
        <Button type="submit" loading={isBusy}>
          {t('teams.save')}
        </Button>
      </div>
      {path && (
        <ConfirmDialog
          isOpen={isAsking}
          title={t('teams.removeTitle', { name: team.name })}
          help={t('teams.removeHelp')}
          label={t('teams.remove')}
          isDangerous
          isBusy={isBusy}
          onConfirm={() => void act(() => api.delete(path), t('teams.removed', { name: team.name }))}
          onClose={() => setAsking(false)}
        />
      )}
    </form>
  );
}

interface ChoiceProps {
  label: string;
  items: readonly { id: string; name: string }[];
  value: string[];
  onChange: (ids: string[]) => void;
}

function Choice({ label, items, value, onChange }: ChoiceProps) {
  return (
    <Checkbox.Group label={label} value={value} onChange={onChange}>
      <div className={styles.choices}>
        {items.map(({ id, name }) => (
          <Checkbox key={id} value={id} label={name} />
        ))}
      </div>
    </Checkbox.Group>
  );
}
