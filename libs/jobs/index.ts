/**
 * JOBS: work that must happen later, exactly as promised.
 *
 * Owns      the job queue (graphile-worker, hidden here) and its workers' heartbeats
 * Promises  a job enqueued in a transaction exists if and only if that transaction committed; it runs at least once, in order within its
 *           queue; the jobs of a killed worker run again within a minute; what fails is tried again with growing pauses
 * Uses      platform
 * Never     holds content: a payload is ids
 */
export { jobsDataMap } from './data-map.js';
export { defineJob, type JobDefinition } from './job-definition.js';
export { Jobs } from './jobs.service.js';
export { JobsModule } from './jobs.module.js';
export { JobWorker } from './job-worker.service.js';
