/** The local stack's schedule: what pg_cron and pg_net do on Supabase. */
import { Cron } from 'croner';
import { loadConfig } from './config.ts';
import { loadKeys } from './keys.ts';
import { ScheduledJob } from './scheduled-job.ts';

/** Functions and when they are called; seconds come first. */
const SCHEDULES: readonly (readonly [functionName: string, schedule: string])[] = [
  ['cleanup', '*/10 * * * * *'],
];

const { apiUrl, dataDir } = loadConfig();
const target = { apiUrl, secretKey: loadKeys(dataDir).secret };

const running = SCHEDULES.map(([functionName, schedule]) => {
  const job = new ScheduledJob(functionName, target);
  return new Cron(schedule, { protect: true }, () => job.run());
});

process.on('SIGTERM', () => {
  for (const cron of running) cron.stop();
  process.exit(0);
});
