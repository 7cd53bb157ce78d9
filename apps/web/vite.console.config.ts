import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vite';
import desk from './vite.config.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The operator's console: built apart, so that the public door has no file of it. */
export default mergeConfig(
  desk,
  defineConfig({ root: here('./console'), publicDir: here('./public'), build: { outDir: here('../../dist/console') } }),
);
