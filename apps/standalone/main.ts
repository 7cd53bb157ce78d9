import 'reflect-metadata';
import { runStandalone } from './run.js';
import { explain, say } from './say.js';

process.exitCode = await runStandalone(process.env).catch((error: unknown) => {
  say(explain(error));
  return 1;
});
