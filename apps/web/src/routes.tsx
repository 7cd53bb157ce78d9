/** Every screen, on one page. A screen's code is fetched when it is first shown. */
import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import type { ChannelKind, ConversationStatus, ConversationView } from '#contract';
import { AppFrame } from './app-frame.js';
import { withWords } from './i18n/index.js';
import { NothingHere, ScreenFailed, ScreenLoading } from './screen-states.js';
import { sessionQuery, setupQuery } from './session.js';

interface Context {
  client: QueryClient;
}

const VIEWS: readonly ConversationView[] = ['mine', 'unassigned', 'all', 'quarantine'];
const STATUSES: readonly ConversationStatus[] = ['open', 'pending', 'snoozed', 'closed'];
const CHANNELS: readonly ChannelKind[] = ['messenger', 'email'];

const SEARCH_TEXT_LENGTH_MAX = 100;

function oneOf<Value extends string>(values: readonly Value[], wanted: unknown): Value | undefined {
  return values.find((value) => value === wanted);
}

function textOf(wanted: unknown): string | undefined {
  return typeof wanted === 'string' && wanted.length <= SEARCH_TEXT_LENGTH_MAX ? wanted : undefined;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: NothingHere, errorComponent: ScreenFailed });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  // Only a path of our own: a foreign address here would make the sign-in page a way to somewhere else.
  validateSearch: (search): { next?: string } => ({
    next: typeof search.next === 'string' && /^\/(?![/\\])/.test(search.next) ? search.next : undefined,
  }),
  beforeLoad: async ({ context }) => {
    if (await context.client.query({ ...sessionQuery, staleTime: 'static' })) throw redirect({ to: '/' });
    if ((await context.client.query({ ...setupQuery, staleTime: 'static' })).needed) throw redirect({ to: '/setup' });
  },
  component: lazyRouteComponent(() => withWords('entrance', import('./pages/sign-in-page.js')), 'SignInPage'),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  beforeLoad: async ({ context }) => {
    if (!(await context.client.query({ ...setupQuery, staleTime: 'static' })).needed) throw redirect({ to: '/sign-in' });
  },
  component: lazyRouteComponent(() => withWords('entrance', import('./pages/setup-page.js')), 'SetupPage'),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invite',
  component: lazyRouteComponent(() => withWords('entrance', import('./pages/invitation-page.js')), 'InvitationPage'),
});

const forgotPassword = createRoute({
  getParentRoute: () => root,
  path: '/forgot-password',
  component: lazyRouteComponent(() => withWords('entrance', import('./pages/forgot-password-page.js')), 'ForgotPasswordPage'),
});

const newPassword = createRoute({
  getParentRoute: () => root,
  path: '/new-password',
  component: lazyRouteComponent(() => withWords('entrance', import('./pages/new-password-page.js')), 'NewPasswordPage'),
});

const confirmAddress = createRoute({
  getParentRoute: () => root,
  path: '/confirm-address',
  component: lazyRouteComponent(() => withWords('entrance', import('./pages/confirm-address-page.js')), 'ConfirmAddressPage'),
});

const enrol = createRoute({
  getParentRoute: () => root,
  path: '/enrol',
  beforeLoad: async ({ context }) => {
    if ((await context.client.query({ ...sessionQuery, staleTime: 'static' }))?.state !== 'must_enrol') throw redirect({ to: '/' });
  },
  component: lazyRouteComponent(() => withWords('entrance', withWords('factors', import('./pages/enrol-page.js'))), 'EnrolPage'),
});

const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.query({ ...sessionQuery, staleTime: 'static' });
    if (session?.state === 'must_enrol') throw redirect({ to: '/enrol' });
    if (session) return;
    throw redirect({ to: '/sign-in', search: location.pathname === '/' ? {} : { next: location.href } });
  },
  component: AppFrame,
});

const home = createRoute({
  getParentRoute: () => app,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/inbox/$view', params: { view: 'unassigned' } });
  },
});

const inbox = createRoute({
  getParentRoute: () => app,
  path: '/inbox/$view',
  params: {
    parse: ({ view }) => ({ view: oneOf(VIEWS, view) ?? ('all' as const) }),
    stringify: ({ view }) => ({ view }),
  },
  validateSearch: (search): { status?: ConversationStatus; channel?: ChannelKind; teamId?: string } => ({
    status: oneOf(STATUSES, search.status),
    channel: oneOf(CHANNELS, search.channel),
    teamId: typeof search.teamId === 'string' ? search.teamId : undefined,
  }),
  component: lazyRouteComponent(() => import('./inbox/inbox-page.js'), 'InboxPage'),
});

const nothingOpen = createRoute({
  getParentRoute: () => inbox,
  path: '/',
  component: lazyRouteComponent(() => import('./inbox/nothing-open.js'), 'NothingOpen'),
});

const conversation = createRoute({
  getParentRoute: () => inbox,
  path: '$conversationId',
  component: lazyRouteComponent(() => import('./inbox/conversation-page.js'), 'ConversationPage'),
});

const unreadable = createRoute({
  getParentRoute: () => app,
  path: '/quarantine',
  component: lazyRouteComponent(() => withWords('mail', import('./pages/quarantine-page.js')), 'QuarantinePage'),
});

interface ComingBack {
  login?: string;
  login_refused?: string;
  mail_login?: string;
  /** A mailbox that shall be connected again. */
  mailbox?: string;
}

/** What somebody comes back with from Facebook or a mail provider: what there is to choose from, or why there is nothing. */
function comingBack(search: Record<string, unknown>): ComingBack {
  return {
    login: textOf(search.login),
    login_refused: textOf(search.login_refused),
    mail_login: textOf(search.mail_login),
    mailbox: textOf(search.mailbox),
  };
}

const connections = createRoute({
  getParentRoute: () => app,
  path: '/connections',
  validateSearch: comingBack,
  component: lazyRouteComponent(() => withWords('connections', import('./pages/connections-page.js')), 'ConnectionsPage'),
});

const connection = createRoute({
  getParentRoute: () => app,
  path: '/connections/$connectionId',
  component: lazyRouteComponent(() => withWords('connections', import('./pages/connection-page.js')), 'ConnectionPage'),
});

/** The address that the server sends browsers back to; the page has its own place among the others. */
const settingsConnections = createRoute({
  getParentRoute: () => root,
  path: '/settings/connections',
  validateSearch: comingBack,
  beforeLoad: ({ search }) => {
    throw redirect({ to: '/connections', search, replace: true });
  },
});

const people = createRoute({
  getParentRoute: () => app,
  path: '/people',
  component: lazyRouteComponent(() => withWords('settings', import('./pages/people-page.js')), 'PeoplePage'),
});

const keep = createRoute({
  getParentRoute: () => app,
  path: '/what-we-keep',
  component: lazyRouteComponent(() => withWords('settings', import('./pages/keep-page.js')), 'KeepPage'),
});

const audit = createRoute({
  getParentRoute: () => app,
  path: '/audit',
  component: lazyRouteComponent(() => withWords('audit', import('./pages/audit-page.js')), 'AuditPage'),
});

const profile = createRoute({
  getParentRoute: () => app,
  path: '/profile',
  component: lazyRouteComponent(() => withWords('settings', withWords('factors', import('./pages/profile-page.js'))), 'ProfilePage'),
});

const security = createRoute({
  getParentRoute: () => app,
  path: '/security',
  component: lazyRouteComponent(() => withWords('security', import('./pages/security-page.js')), 'SecurityPage'),
});

const operatorAccess = createRoute({
  getParentRoute: () => app,
  path: '/operator-access',
  component: lazyRouteComponent(() => withWords('operatorAccess', import('./pages/operator-access-page.js')), 'OperatorAccessPage'),
});

const tree = root.addChildren([
  signIn,
  setup,
  invitation,
  forgotPassword,
  newPassword,
  confirmAddress,
  enrol,
  settingsConnections,
  app.addChildren([
    home,
    inbox.addChildren([nothingOpen, conversation]),
    unreadable,
    connections,
    connection,
    people,
    keep,
    audit,
    security,
    profile,
    operatorAccess,
  ]),
]);

const PRELOAD_DELAY_MS = 40;

/** The router over one cache. */
export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: 'intent',
    defaultPreloadDelay: PRELOAD_DELAY_MS,
    defaultPendingComponent: ScreenLoading,
    defaultErrorComponent: ScreenFailed,
    defaultNotFoundComponent: NothingHere,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
