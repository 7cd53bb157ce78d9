import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const SERVER_URL = 'http://127.0.0.1:3000';
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  plugins: [react()],
  // The server puts another word in its place each time it sends the page.
  html: { cspNonce: '__STYLE_NONCE__' },
  resolve: { alias: { '#contract': here('../../libs/contract/index.ts') } },
  build: {
    outDir: here('../../dist/web'),
    emptyOutDir: true,
    sourcemap: false,
    target: 'es2023',
    // Browsers that know light-dark(); older ones would need every token twice.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // The server's content security policy allows data: for pictures only; fonts and scripts must stay files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Every first screen needs all of these: in one file they are smaller than each in its own.
            { name: 'desk', tags: ['$initial'] },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { '/api': SERVER_URL, '/socket.io': { target: SERVER_URL, ws: true } },
  },
});
