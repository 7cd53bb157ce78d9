import { ActionIcon, Button, Fieldset, NativeSelect, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Role, RoleLine } from '#contract';
import { newKey } from '../api.js';
import { rolesQuery } from '../settings.js';
import connections from './connections-page.module.css';
import styles from './networks-section.module.css';
import { roleName } from './role-names.js';

/** One line as it is edited. `value` null: whoever fits no other. `role`: a kind that ships, or the id of one of the tenant's own; '': none. */
export interface Line {
  key: string;
  value: string | null;
  role: string;
}

/** The kinds that a provider can give. */
const SHIPPED = ['agent', 'admin', 'privacy_officer'] as const;
type Shipped = (typeof SHIPPED)[number];

/** What is stored, as lines to edit; the one for everybody else is always there, and last. */
export function linesIn(roles: readonly RoleLine[]): Line[] {
  const asLine = ({ value, role, roleId }: RoleLine): Line => ({ key: newKey(), value, role: roleId ?? role });
  const rest = roles.find(({ value }) => value === null);
  const named = roles.filter(({ value }) => value !== null).map(asLine);
  return [...named, rest ? asLine(rest) : { key: newKey(), value: null, role: '' }];
}

/** What lines stand for. Empty ones stand for nothing. */
export function rolesIn(lines: readonly Line[]): RoleLine[] {
  return lines
    .filter(({ value, role }) => role !== '' && value?.trim() !== '')
    .map(({ value, role }) => {
      const shipped = SHIPPED.find((kind) => kind === role);
      const named = value === null ? null : value.trim();
      return shipped ? { value: named, role: shipped, roleId: null } : { value: named, role: 'custom', roleId: role };
    });
}

/** Which value at the provider gives which role here, first match first. */
export function RoleLines({ lines, onChange }: { lines: readonly Line[]; onChange: (lines: readonly Line[]) => void }) {
  const { t } = useTranslation();
  const { data } = useQuery(rolesQuery);
  const own = (data?.items ?? []).filter((role): role is Role & { id: string } => role.id !== null);
  const offered = [
    ...SHIPPED.map((kind: Shipped) => ({ value: kind, label: t(`people.role_${kind}`) })),
    ...own.map((role) => ({ value: role.id, label: roleName(t, role) })),
  ];
  const change = (key: string, part: Partial<Line>) => onChange(lines.map((line) => (line.key === key ? { ...line, ...part } : line)));
  const add = () => onChange([...lines.slice(0, -1), { key: newKey(), value: '', role: 'agent' }, ...lines.slice(-1)]);
  return (
    <Fieldset legend={t('providers.roles')}>
      <p className={connections.faint}>{t('providers.rolesHelp')}</p>
      <ul className={styles.lines}>
        {lines.map((line, at) => (
          <li key={line.key} className={styles.line}>
            {line.value === null ? (
              <span>{t('providers.everybodyElse')}</span>
            ) : (
              <TextInput
                aria-label={t('providers.valueOf', { number: at + 1 })}
                placeholder={t('providers.value')}
                value={line.value}
                maxLength={200}
                spellCheck={false}
                onChange={(event) => change(line.key, { value: event.currentTarget.value })}
              />
            )}
            <NativeSelect
              aria-label={line.value === null ? t('providers.roleOfElse') : t('providers.roleOf', { number: at + 1 })}
              value={line.role}
              onChange={(event) => change(line.key, { role: event.currentTarget.value })}
              data={line.value === null ? [{ value: '', label: t('providers.noEntry') }, ...offered] : offered}
            />
            {line.value !== null && (
              <ActionIcon
                variant="subtle"
                size="lg"
                aria-label={t('providers.removeLine', { number: at + 1 })}
                onClick={() => onChange(lines.filter(({ key }) => key !== line.key))}
              >
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            )}
          </li>
        ))}
      </ul>
      <Button variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={add}>
        {t('providers.addLine')}
      </Button>
    </Fieldset>
  );
}
