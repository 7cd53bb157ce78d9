import 'reflect-metadata';
import { z } from 'zod';
import { Clock, Log } from '#platform';
import { defineJob, Jobs, JobWorker } from '#jobs';

/* A worker that takes a job and never ends it, for a test that kills it. Told by its arguments: the queue's address and the job's name. */

const [, , jobsUrl, name] = process.argv;
const clock = new Clock();
const jobs = new Jobs(clock);
jobs.bind(defineJob({ name: name!, payload: z.unknown() }), () => {
  process.stdout.write('running\n');
  return new Promise(() => undefined);
});
await new JobWorker(jobs, clock, new Log(), { owner: '', app: '', jobs: jobsUrl! }).start();
