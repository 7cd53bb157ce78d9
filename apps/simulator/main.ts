import { startSimulator } from './start-simulator.js';
import { readSimulatorEnv } from './simulator-env.js';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE') return 'the port is taken; choose another with SIMULATOR_PORT';
  return error.message;
}

try {
  const simulator = await startSimulator({
    ...readSimulatorEnv(process.env),
    onProblem: (problem) => say(`simulator: ${explain(problem)}`),
  });
  say(`The simulator plays your customers at ${simulator.url} (mail at ${simulator.smtpUrl}).`);
  const stop = (): void => {
    simulator.close().then(
      () => process.exit(0),
      (error: unknown) => {
        say(`The simulator did not stop cleanly: ${explain(error)}`);
        process.exit(1);
      },
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // Whoever started us beside itself was killed: nobody else will ever end us.
  process.once('disconnect', stop);
} catch (error) {
  say(`The simulator cannot start: ${explain(error)}`);
  process.exitCode = 1;
}
