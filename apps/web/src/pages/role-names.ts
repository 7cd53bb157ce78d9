import i18next, { type TFunction } from 'i18next';
import type { Role } from '#contract';

/** What a role is called: its own name, or the word for one that ships. */
export function roleName(t: TFunction, { kind, name }: Pick<Role, 'kind' | 'name'>): string {
  return kind === 'custom' ? name : t(`people.role_${kind}`);
}

/** What a permission allows, in words; its key where a newer server knows one that this page does not. */
export function permissionWords(t: TFunction, permission: string): string {
  const key = `permissions.${permission.replace(':', '_')}`;
  return i18next.exists(key) ? t(key as 'permissions.raw_read') : permission;
}
