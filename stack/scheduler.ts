/** The local stack's schedule: what pg_cron and pg_net do on Supabase. */
import { Cron } from 'croner';
import { loadConfig } from './config.ts';
import { loadKeys } from './keys.ts';

interface Job {
  readonly functionName: string;
  /** With seconds, which come first. */
  readonly schedule: string;
}

const JOBS: readonly Job[] = [{ functionName: 'cleanup', schedule: '*/10 * * * * *' }];
const ANSWER_WITHIN_MS = 30_000;

const { apiUrl, dataDir } = loadConfig();
const { secret } = loadKeys(dataDir);

/** Calls the function through the gateway; returns what it answers. Throws when that is no success. */
async function call(functionName: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${apiUrl}/functions/v1/${functionName}`, {
    method: 'POST',
    headers: { apikey: secret },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`status ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

function describe(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}

/** Runs a job on its schedule, never twice at once; tells a streak of failures once. */
function schedule({ functionName, schedule }: Job): Cron {
  let isFailing = false;
  return new Cron(schedule, { protect: true }, async () => {
    try {
      const result = await call(functionName);
      if (isFailing) console.log(`${functionName} works again`);
      isFailing = false;
      if (Object.values(result).some(Boolean)) console.log(functionName, JSON.stringify(result));
    } catch (error) {
      if (!isFailing) console.error(`${functionName} failed: ${describe(error)}`);
      isFailing = true;
    }
  });
}

const running = JOBS.map(schedule);
process.on('SIGTERM', () => {
  for (const job of running) job.stop();
  process.exit(0);
});
