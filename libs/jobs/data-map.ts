import type { DataMap } from '#platform';

/** The queue's own schema is the library's: it holds ids and names of errors, never content (see `Jobs.enqueue`). */
export const jobsDataMap: DataMap = {
  job_worker: {
    subject: 'nobody',
    erasedBy: 'the worker as it stops, or another that finds it dead',
    exportedBy: 'nothing: which processes live',
    columns: { id: 'id', beat_at: 'time' },
  },
};
