/** The local stack's schedule: what pg_cron does on Supabase. */
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { loadConfig } from './config.ts';
import { loadKeys } from './keys.ts';
import type { JobSettings } from './run-job.ts';
import { Schedule } from './schedule.ts';

/** How soon a change of the list is seen. */
const READ_EVERY_MS = 2_000;

const { apiUrl, dataDir, dbUrl } = loadConfig();
const sql = postgres(dbUrl, { max: 1, connect_timeout: 5, onnotice() {} });
const schedule = new Schedule({ apiUrl, secretKey: loadKeys(dataDir).secret, dbUrl });

const readJobs = () =>
  sql<JobSettings[]>`
    select name, schedule, edge_function as "edgeFunction", timeout_seconds as "timeoutSeconds"
    from private.scheduled_jobs where enabled order by name`;

process.on('SIGTERM', () => {
  schedule.stop();
  process.exit(0);
});

let isReadable = true;
for (;;) {
  try {
    schedule.apply(await readJobs());
    if (!isReadable) console.log('the list of scheduled jobs can be read again');
    isReadable = true;
  } catch (error) {
    if (isReadable)
      console.error(`the scheduled jobs stay as they are: ${(error as Error).message}`);
    isReadable = false;
  }
  await pause(READ_EVERY_MS);
}
