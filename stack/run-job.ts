/** Runs a job of `private.scheduled_jobs` once: an SQL function, or an edge function. */
import postgres from 'postgres';

export interface JobTarget {
  /** The gateway. */
  readonly apiUrl: string;
  readonly secretKey: string;
  /** As the owner of the database. */
  readonly dbUrl: string;
}

/** A row of `private.scheduled_jobs`. */
export interface JobSettings {
  readonly name: string;
  readonly schedule: string;
  /** Null for a job that is an SQL function. */
  readonly edgeFunction: string | null;
  readonly timeoutSeconds: number;
}

/** On a connection of its own, so that a slow job holds up nothing else. */
async function runSqlFunction({ name, timeoutSeconds }: JobSettings, dbUrl: string) {
  const failures: string[] = [];
  const sql = postgres(dbUrl, {
    max: 1,
    connect_timeout: 5,
    // What run_job records as failed it does not raise: it would undo the record. It warns.
    onnotice({ severity, message = '' }) {
      const isFailure = severity === 'WARNING' && message.startsWith(`${name}: `);
      if (isFailure) failures.push(message.slice(name.length + 2));
    },
  });
  try {
    const [row] = await sql.begin(async (transaction) => {
      await transaction`select set_config('statement_timeout', ${`${timeoutSeconds}s`}, true)`;
      return transaction`select private.run_job(${name}) as result`;
    });
    if (failures.length > 0) throw new Error(failures.join('; '));
    return row?.result;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function callEdgeFunction(job: JobSettings, { apiUrl, secretKey }: JobTarget) {
  const response = await fetch(`${apiUrl}/functions/v1/${job.edgeFunction}`, {
    method: 'POST',
    headers: { apikey: secretKey, 'content-type': 'application/json' },
    body: JSON.stringify({ job: job.name }),
    signal: AbortSignal.timeout(job.timeoutSeconds * 1000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`status ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

/**
 * Runs a job once; it records itself.
 *
 * @returns the run's result; null, 0, {} and [] mean that there was nothing to do
 * @throws Error when the run failed, or could not begin
 */
export function runJob(job: JobSettings, target: JobTarget): Promise<unknown> {
  return job.edgeFunction === null
    ? runSqlFunction(job, target.dbUrl)
    : callEdgeFunction(job, target);
}
