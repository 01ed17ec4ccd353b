/** The local stack's schedule: what pg_cron and pg_net do on Supabase. */
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { loadConfig } from './config.ts';
import { loadKeys } from './keys.ts';
import { Schedule } from './schedule.ts';
import type { JobSettings } from './scheduled-job.ts';
import { giveSigns } from './sign-of-life.ts';

/** How soon a change of the list is seen. */
const READ_EVERY_MS = 2_000;

const { apiUrl, dataDir, dbUrl } = loadConfig();
const sql = postgres(dbUrl, { max: 1, connect_timeout: 5, onnotice() {} });
const schedule = new Schedule({ apiUrl, secretKey: loadKeys(dataDir).secret });

giveSigns(dataDir, 'scheduler');

const readJobs = () =>
  sql<JobSettings[]>`
    select name, schedule, function_name as "functionName", timeout_seconds as "timeoutSeconds"
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
