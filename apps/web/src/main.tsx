import './ui/tokens.css';
import './ui/mantine.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { onMustEnrol, onSignedOut } from './api.js';
import { startCache } from './cache.js';
import { preferredLocale, startWords, withWords } from './i18n/index.js';
import { conversationIn } from './inbox/address.js';
import { startKeyboard } from './keyboard.js';
import { followLocks } from './lock.js';
import { askedProof, startAskingForProof } from './proof.js';
import { makeRouter } from './routes.js';
import { sessionKey, sessionQuery } from './session.js';
import { useStore } from './store.js';
import { Announcer } from './ui/announce.js';
import { hasNotices } from './ui/notify.js';
import { lendStyleNonce, styleNonce } from './ui/style-nonce.js';
import { systemScheme } from './ui/system-scheme.js';
import { cssVariables, theme } from './ui/theme.js';

const Notices = lazy(async () => ({ default: (await import('./ui/notices.js')).Notices }));

function NoticePlace() {
  return useStore(hasNotices, (any) => any) ? (
    <Suspense fallback={null}>
      <Notices />
    </Suspense>
  ) : null;
}

const ProofDialog = lazy(async () => ({ default: (await withWords('factors', import('./proof-dialog.js'))).ProofDialog }));

function ProofPlace() {
  return useStore(askedProof, (proof) => proof !== null) ? (
    <Suspense fallback={null}>
      <ProofDialog />
    </Suspense>
  ) : null;
}

async function start(): Promise<void> {
  const root = document.querySelector('#root');
  if (!root) throw new Error('index.html has no #root');
  lendStyleNonce();
  const client = startCache();
  // Who is here decides the first screen; ask while the words are loading. The router asks again and says so when it fails.
  client.query(sessionQuery).catch(() => undefined);
  // The screen most people come for: fetch its code while the server is being asked.
  if (/^\/(?:inbox|$)/.test(window.location.pathname)) void import('./inbox/inbox-page.js');
  await startWords(preferredLocale());
  const router = makeRouter(client);
  onSignedOut(() => {
    client.setQueryData(sessionKey, null);
  });
  onMustEnrol(() => {
    // The next screen asks who is here, and is led to where the factor is set up.
    void client.invalidateQueries({ queryKey: sessionKey }).then(() => router.navigate({ to: '/enrol' }));
  });
  startAskingForProof();
  followLocks(client);
  startKeyboard(() => {
    const wantedId = conversationIn(router.latestLocation.pathname);
    return wantedId !== undefined && document.querySelector(`[data-answers="${CSS.escape(wantedId)}"]`) === null;
  });
  createRoot(root).render(
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      getStyleNonce={styleNonce}
      colorSchemeManager={systemScheme}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
        <ProofPlace />
        <NoticePlace />
        <Announcer />
      </QueryClientProvider>
    </MantineProvider>,
  );
}

void start();
