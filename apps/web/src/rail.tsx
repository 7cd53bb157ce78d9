import { ActionIcon } from '@mantine/core';
import {
  IconHistory,
  IconInbox,
  IconEye,
  IconKeyboard,
  IconLock,
  IconList,
  IconLogout,
  IconMenu2,
  IconPlugConnected,
  IconPlus,
  IconShieldCheck,
  IconShieldExclamation,
  IconShieldLock,
  IconUser,
  IconUserCircle,
  IconUsers,
  IconUsersGroup,
} from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useRouterState } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { COUNT_MAX as CountMax, Connection, ConversationView } from '#contract';
import { api } from './api.js';
import { countsQuery } from './conversations.js';
import { unreadableQuery } from './quarantine.js';
import { keysOf } from './keyboard.js';
import { lockNow } from './lock.js';
import { may, sessionKey, useSession } from './session.js';
import { connectionsQuery, teamsQuery } from './settings.js';
import { createStore, useStore } from './store.js';
import { ActionMenu } from './ui/action-menu.js';
import { Face } from './ui/face.js';
import { LazyDrawer } from './ui/lazy-drawer.js';
import { notifyFailed, sentenceOf } from './ui/notify.js';
import styles from './rail.module.css';

// The figure lives in the contract; naming its type makes the compiler compare, without shipping the contract's schemas to the browser.
const COUNT_MAX: typeof CountMax = 1000;

const isRailOpen = createStore(false);

/** Opens the rail on a phone, where it has no column of its own. */
export function RailButton() {
  const { t } = useTranslation();
  return (
    <ActionIcon
      className={styles.opener}
      aria-label={t('app.menu')}
      onClick={() => {
        isRailOpen.set(true);
      }}
    >
      <IconMenu2 size={18} aria-hidden />
    </ActionIcon>
  );
}

/** Where one can go, what waits there, and how the channels are. A column on a desk, a drawer on a phone. */
export function Rail({ onShortcuts }: { onShortcuts: () => void }) {
  const { t } = useTranslation();
  const isOpen = useStore(isRailOpen, (open) => open);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useEffect(() => {
    isRailOpen.set(false);
  }, [path]);
  return (
    <>
      <nav className={styles.rail} aria-label={t('app.navigation')}>
        <RailContent onShortcuts={onShortcuts} />
      </nav>
      <LazyDrawer
        opened={isOpen}
        onClose={() => {
          isRailOpen.set(false);
        }}
        size={264}
        title={t('app.menu')}
        closeButtonProps={{ 'aria-label': t('app.closeMenu') }}
      >
        <nav className={styles.drawer} aria-label={t('app.navigation')}>
          <RailContent onShortcuts={onShortcuts} />
        </nav>
      </LazyDrawer>
    </>
  );
}

function RailContent({ onShortcuts }: { onShortcuts: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const { data: counts } = useQuery(countsQuery);
  const { data: connections } = useQuery(connectionsQuery);
  const hasMail = connections?.items.some(({ channel }) => channel === 'email') === true;
  const unreadable = useInfiniteQuery({ ...unreadableQuery, enabled: hasMail }).data?.pages[0];
  const countOf = (view: ConversationView) => {
    // What could not be read is set aside too, and must not lie there unseen.
    const count = (counts?.[view] ?? 0) + (view === 'quarantine' ? (unreadable?.items.length ?? 0) : 0);
    if (count === 0) return undefined;
    const isMore = view === 'quarantine' && unreadable != null && unreadable.nextCursor !== null;
    if (count >= COUNT_MAX || isMore) return t('rail.moreThan', { count: Math.min(count, COUNT_MAX) });
    return String(count);
  };
  return (
    <>
      <div className={styles.tenant} title={session.tenant.name}>
        <img src="/favicon.svg" alt="" width={24} height={24} />
        <span>{session.tenant.name}</span>
      </div>
      <ul className={styles.group}>
        <ViewLink view="mine" icon={<IconUser />} count={countOf('mine')} />
        <ViewLink view="unassigned" icon={<IconInbox />} count={countOf('unassigned')} />
        <ViewLink view="all" icon={<IconList />} count={countOf('all')} />
        {hasMail && <ViewLink view="quarantine" icon={<IconShieldExclamation />} count={countOf('quarantine')} />}
      </ul>
      {may(session, 'agent:read') && <Teams />}
      <Connections mayAdd={may(session, 'connection:manage')} />
      <h2 className={styles.title}>{t('rail.settings')}</h2>
      <ul className={styles.group}>
        <PlainLink to="/connections" icon={<IconPlugConnected />} label={t('rail.connections')} />
        <PlainLink to="/people" icon={<IconUsers />} label={t('rail.people')} />
        <PlainLink to="/what-we-keep" icon={<IconShieldCheck />} label={t('rail.keep')} />
        {may(session, 'operator_grant:read') && <PlainLink to="/operator-access" icon={<IconEye />} label={t('rail.operatorAccess')} />}
        {may(session, 'audit:read') && <PlainLink to="/audit" icon={<IconHistory />} label={t('rail.audit')} />}
        {may(session, 'security:read') && <PlainLink to="/security" icon={<IconShieldLock />} label={t('rail.security')} />}
      </ul>
      <Account onShortcuts={onShortcuts} />
    </>
  );
}

function ViewLink({ view, icon, count }: { view: ConversationView; icon: ReactNode; count: string | undefined }) {
  const { t } = useTranslation();
  const label = t(`rail.${view}`);
  return (
    <li>
      <Link to="/inbox/$view" params={{ view }} className={styles.link} title={label} activeOptions={{ includeSearch: false }}>
        {icon}
        <span className={styles.label}>{label}</span>
        {count !== undefined && (
          <span className={styles.count} data-number>
            {count}
          </span>
        )}
      </Link>
    </li>
  );
}

function PlainLink({
  to,
  icon,
  label,
}: {
  to: '/connections' | '/people' | '/what-we-keep' | '/operator-access' | '/audit' | '/security';
  icon: ReactNode;
  label: string;
}) {
  return (
    <li>
      <Link to={to} className={styles.link} title={label}>
        {icon}
        <span className={styles.label}>{label}</span>
      </Link>
    </li>
  );
}

function Teams() {
  const { t } = useTranslation();
  const { data } = useQuery(teamsQuery);
  const { agent } = useSession();
  const own = data?.items.filter(({ agentIds }) => agentIds.includes(agent.id)) ?? [];
  if (own.length === 0) return null;
  return (
    <>
      <h2 className={styles.title}>{t('rail.teams')}</h2>
      <ul className={styles.group}>
        {own.map(({ id, name }) => (
          <li key={id}>
            <Link
              to="/inbox/$view"
              params={{ view: 'all' }}
              search={{ teamId: id }}
              className={styles.link}
              title={name}
              activeOptions={{ includeSearch: true }}
            >
              <IconUsersGroup />
              <span className={styles.label}>{name}</span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

function Connections({ mayAdd }: { mayAdd: boolean }) {
  const { t } = useTranslation();
  const { data } = useQuery(connectionsQuery);
  const known = data?.items.filter(({ state }) => state !== 'disconnected');
  if (!known || (known.length === 0 && !mayAdd)) return null;
  return (
    <>
      <h2 className={styles.title}>{t('rail.connections')}</h2>
      <ul className={styles.group}>
        {known.map((connection) => (
          <ConnectionLink key={connection.id} connection={connection} />
        ))}
        {known.length === 0 && (
          <li>
            <Link to="/connections" className={styles.link} title={t('rail.addConnection')} data-plain>
              <IconPlus />
              <span className={styles.label}>{t('rail.addConnection')}</span>
            </Link>
          </li>
        )}
      </ul>
    </>
  );
}

function ConnectionLink({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const isHealthy = connection.state === 'active' && connection.problem === null && connection.restriction === null;
  const health = isHealthy ? t('rail.healthy') : t('rail.broken');
  return (
    <li>
      <Link
        to="/connections/$connectionId"
        params={{ connectionId: connection.id }}
        className={styles.link}
        data-plain
        title={`${connection.name}: ${health}`}
      >
        <span className={styles.dot} data-healthy={isHealthy} role="img" aria-label={health} />
        <span className={styles.label}>{connection.name}</span>
      </Link>
    </li>
  );
}

function Account({ onShortcuts }: { onShortcuts: () => void }) {
  const { t } = useTranslation();
  const { agent } = useSession();
  const client = useQueryClient();
  const signOut = async () => {
    try {
      await api.delete('/api/session');
      client.setQueryData(sessionKey, null);
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
  };
  const groups = [
    {
      key: 'account',
      choices: [
        { key: 'profile', label: t('rail.profile'), icon: <IconUserCircle size={16} aria-hidden />, to: '/profile' as const },
        { key: 'shortcuts', label: t('rail.shortcuts'), icon: <IconKeyboard size={16} aria-hidden />, onChoose: onShortcuts },
      ],
    },
    {
      key: 'out',
      choices: [
        {
          key: 'lock',
          label: t('rail.lock', { keys: keysOf('lock').join('+') }),
          icon: <IconLock size={16} aria-hidden />,
          onChoose: () => lockNow(client),
        },
        { key: 'out', label: t('rail.signOut'), icon: <IconLogout size={16} aria-hidden />, onChoose: () => void signOut() },
      ],
    },
  ];
  return (
    <ActionMenu className={styles.account} label={t('rail.account', { name: agent.name })} groups={groups} position="top-start">
      <Face name={agent.name} sizePx={26} />
      <span className={styles.label}>{agent.name}</span>
    </ActionMenu>
  );
}
