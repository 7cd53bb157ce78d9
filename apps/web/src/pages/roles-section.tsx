import { Button, Checkbox, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NewRole, Role, Roles } from '#contract';
import { api, newKey } from '../api.js';
import { may, useSession } from '../session.js';
import { agentsQuery, rolesQuery } from '../settings.js';
import { LazyModal } from '../ui/lazy-modal.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Pill, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import connections from './connections-page.module.css';
import forms from './form.module.css';
import { permissionWords, roleName } from './role-names.js';
import styles from './people-page.module.css';

/** What somebody can be here: the roles that ship, and the tenant's own, which can be made and changed. */
export function RolesSection() {
  const { t } = useTranslation();
  const query = useQuery(rolesQuery);
  const mayChange = may(useSession(), 'role:manage');
  const [edited, setEdited] = useState<Role | 'new' | null>(null);
  const aside = mayChange && <Button onClick={() => setEdited('new')}>{t('roles.add')}</Button>;
  return (
    <Section title={t('roles.title')} help={t('roles.help')} aside={aside}>
      <Loaded query={query} skeleton={<Skeleton shape="card" lines={4} />}>
        {(roles) => (
          <>
            <ul className={connections.list} aria-label={t('roles.title')}>
              {roles.items.map((role) => (
                <RoleLine
                  key={role.id ?? role.kind}
                  role={role}
                  onEdit={mayChange && role.id !== null ? () => setEdited(role) : undefined}
                />
              ))}
            </ul>
            <LazyModal
              opened={edited !== null}
              onClose={() => setEdited(null)}
              title={edited === 'new' || edited === null ? t('roles.add') : t('roles.editOf', { name: edited.name })}
            >
              {edited !== null && <RoleForm role={edited === 'new' ? null : edited} roles={roles} onDone={() => setEdited(null)} />}
            </LazyModal>
          </>
        )}
      </Loaded>
    </Section>
  );
}

function RoleLine({ role, onEdit }: { role: Role; onEdit: (() => void) | undefined }) {
  const { t } = useTranslation();
  const name = roleName(t, role);
  return (
    <li className={connections.card}>
      <div className={connections.words}>
        <p className={connections.name}>
          <strong>{name}</strong>
          {role.id === null && <Pill>{t('roles.shipped')}</Pill>}
          <span className={connections.faint}>{t('roles.agents', { count: role.agents })}</span>
        </p>
        {role.id !== null && <p className={connections.faint}>{role.permissions.map((one) => permissionWords(t, one)).join(' · ')}</p>}
      </div>
      {onEdit && (
        <div className={styles.controls}>
          <Button variant="default" onClick={onEdit} aria-label={t('roles.editOf', { name })}>
            {t('roles.edit')}
          </Button>
        </div>
      )}
    </li>
  );
}

function RoleForm({ role, roles, onDone }: { role: Role | null; roles: Roles; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const session = useSession();
  const [key] = useState(newKey);
  const [name, setName] = useState(role?.name ?? '');
  const [chosen, setChosen] = useState<readonly string[]>(role?.permissions ?? ['conversation:read', 'agent:read', 'connection:read']);
  const [isBusy, setBusy] = useState(false);
  const act = async (work: () => Promise<unknown>, done: string) => {
    setBusy(true);
    try {
      await work();
      notifyDone(done);
      await Promise.all([rolesQuery, agentsQuery].map(({ queryKey }) => client.invalidateQueries({ queryKey })));
      onDone();
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const path = role && `/api/roles/${encodeURIComponent(role.id ?? '')}`;
  const save = (event: FormEvent) => {
    event.preventDefault();
    const body: NewRole = { name: name.trim(), permissions: [...chosen] };
    void act(() => (path ? api.patch<Role>(path, body) : api.create<Role>('/api/roles', body, key)), t('roles.saved', { name: body.name }));
  };
  return (
    <form className={forms.form} data-flush onSubmit={save}>
      <TextInput
        required
        label={t('roles.name')}
        value={name}
        maxLength={60}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <Checkbox.Group label={t('roles.allows')} value={[...chosen]} onChange={setChosen}>
        <div className={styles.choices}>
          {roles.permissions.map((one) => {
            const isOwn = session.permissions.includes(one);
            return (
              <Checkbox
                key={one}
                value={one}
                label={permissionWords(t, one)}
                disabled={!isOwn}
                {...(isOwn ? {} : { description: t('roles.notYours') })}
              />
            );
          })}
        </div>
      </Checkbox.Group>
      <div className={forms.actions}>
        {path && (
          <Button
            color="red"
            variant="default"
            disabled={isBusy}
            aria-label={t('roles.removeOf', { name: role.name })}
            onClick={() => void act(() => api.delete(path), t('roles.removed', { name: role.name }))}
          >
            {t('roles.remove')}
          </Button>
        )}
        <Button type="submit" loading={isBusy}>
          {t('roles.save')}
        </Button>
      </div>
    </form>
  );
}
