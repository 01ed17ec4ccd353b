/** Restream requests and workers in a test database, through the functions that clients and workers call. */
import type { Sql, TransactionSql } from 'postgres';
import type { TestDatabase } from './database.ts';

export const TARGET = 'rtmp://live.example.com/app/secret-key-1234';

export interface NewRequest {
  readonly source?: string;
  readonly target?: string;
  readonly title?: string;
  readonly repeat?: boolean;
}

/** What `claim_session` answers. */
export interface Claim {
  readonly session: null | {
    readonly id: string;
    readonly source_url: string;
    readonly is_storage: boolean;
    readonly rtmp_url: string;
    readonly repeat: boolean;
    readonly attempt: number;
    readonly lease_seconds: number;
  };
  readonly rules: null | {
    readonly forbidden_networks: readonly string[];
    readonly allowed_source_hosts: readonly string[];
    readonly allowed_target_hosts: readonly string[];
  };
  readonly retry_in_seconds: number | null;
}

/** Asks for a restream as a user; returns the request's row. */
export async function requestStream(
  db: TestDatabase,
  userId: string,
  {
    source = 'https://videos.example.com/a.mp4?signature=hush-hush',
    target = TARGET,
    title = 'A video',
    repeat = false,
  }: NewRequest = {},
) {
  const [row] = await db.asUser(
    userId,
    (sql) =>
      sql`select * from public.request_stream(${source}, ${target}, ${title}, repeat => ${repeat})`,
  );
  if (!row) throw new Error('request_stream returned no row');
  return row;
}

/** Requests, approves and starts a restream; returns the session's row. */
export async function startRestream(db: TestDatabase, userId: string, request: NewRequest = {}) {
  const { id } = await requestStream(db, userId, request);
  await db.asAdmin((sql) => sql`select public.approve_stream_request(${id})`);
  return startRequest(db, userId, id);
}

/** Starts a request as its owner; returns the session's row. */
export async function startRequest(db: TestDatabase, userId: string, requestId: string) {
  const [session] = await db.asUser(
    userId,
    (sql) => sql`select * from public.start_stream_request(${requestId})`,
  );
  if (!session) throw new Error('start_stream_request returned no row');
  return session;
}

/** Works on a database as a worker's login does: its role, no claims. */
export async function asWorker<T>(
  db: TestDatabase,
  work: (sql: TransactionSql) => Promise<T>,
): Promise<T> {
  return (await db.superuser.begin(async (sql) => {
    await sql`set local role restream_worker`;
    return work(sql);
  })) as T;
}

/** Claims as a worker. */
export async function claim(
  db: TestDatabase,
  worker = 'worker-1',
  seconds: number | null = 30,
): Promise<Claim> {
  return asWorker(db, (sql) => claimOn(sql, worker, seconds));
}

export async function claimOn(
  sql: Sql | TransactionSql,
  worker: string,
  seconds: number | null,
): Promise<Claim> {
  const [row] = await sql`select to_jsonb(public.claim_session(${worker}, ${seconds})) as answer`;
  return row?.answer;
}

export async function renew(
  db: TestDatabase,
  session: string,
  worker = 'worker-1',
  stats: Record<string, number> | null = null,
) {
  const [row] = await asWorker(
    db,
    (sql) =>
      sql`select * from public.renew_session(${session}, ${worker}, ${stats ? sql.json(stats) : null})`,
  );
  return row;
}

export interface Report {
  readonly worker?: string;
  readonly container?: string;
  readonly error?: string;
  readonly exitCode?: number;
}

export async function report(
  db: TestDatabase,
  session: string,
  status: string,
  { worker = 'worker-1', container, error, exitCode }: Report = {},
) {
  const [row] = await asWorker(
    db,
    (sql) => sql`
      select * from public.report_session(
        ${session}, ${worker}, ${status}, ${container ?? null}, ${error ?? null}, ${exitCode ?? null})`,
  );
  return row;
}

/** Lets a session's lease run out, and its starting be long ago. */
export async function loseLease(db: TestDatabase, session: string): Promise<void> {
  await db.sql`
    update private.restream_jobs
    set lease_expires_at = lease_expires_at - interval '1 hour', starting_since = starting_since - interval '1 hour'
    where session_id = ${session}`;
}
