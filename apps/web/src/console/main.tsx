import '../ui/tokens.css';
import '../ui/mantine.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { onSignedOut, sessionIsAt } from '../api.js';
import { startCache } from '../cache.js';
import { bringWords, preferredLocale, startWords, withWords } from '../i18n/index.js';
import { Notices } from '../ui/notices.js';
import { lendStyleNonce, styleNonce } from '../ui/style-nonce.js';
import { systemScheme } from '../ui/system-scheme.js';
import { cssVariables, theme } from '../ui/theme.js';
import { Console } from './console.js';
import { doorPath, operatorQuery } from './queries.js';

async function start(): Promise<void> {
  const root = document.querySelector('#root');
  if (!root) throw new Error('index.html has no #root');
  lendStyleNonce();
  const client = startCache();
  await startWords(preferredLocale());
  await withWords('entrance', Promise.resolve());
  await bringWords({
    en: async () => (await import('../i18n/en-console.js')).enConsole,
    nl: async () => (await import('../i18n/nl-console.js')).nlConsole,
  });
  sessionIsAt(doorPath('session'));
  onSignedOut(() => {
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== operatorQuery.queryKey[0] });
    client.setQueryData(operatorQuery.queryKey, null);
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
        <Console />
        <Notices />
      </QueryClientProvider>
    </MantineProvider>,
  );
}

void start();
