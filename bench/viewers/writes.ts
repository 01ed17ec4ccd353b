/** What is written to Postgres while viewers beat: the same for few and for many. */
import { pause } from '../../lib/pause.ts';
import { waitUntil } from '../../lib/wait.ts';
import { beatOnce, type CrowdViewer, forAll, gather } from '../../tests/support/crowd.ts';
import { printTable, type Row } from '../support/table.ts';
import type { Crowd } from './crowd.ts';
import type { Options } from './options.ts';

const FEW = 100;
const HEARTBEAT_MS = 15_000;
const FLUSHES_A_MINUTE = 6;

interface Written {
  readonly rows: number;
  readonly walBytes: number;
}

/** All that this database has written so far; reading it writes nothing. */
async function written({ sql }: Crowd): Promise<Written> {
  await sql`select pg_stat_force_next_flush()`;
  const [row] = await sql`
    select sum(n_tup_ins + n_tup_upd + n_tup_del)::float as rows, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float as wal
    from pg_stat_all_tables where schemaname in ('public', 'private', 'realtime')`;
  return { rows: row?.rows, walBytes: row?.wal };
}

/** Has every viewer beat in its turn, as they do, until `done`. */
async function beatUntil(
  crowd: Crowd,
  viewers: readonly CrowdViewer[],
  done: AbortSignal,
): Promise<void> {
  while (!done.aborted) {
    const roundEnd = performance.now() + HEARTBEAT_MS;
    await forAll(viewers, (viewer) => beatOnce(crowd.stack, viewer));
    await pause(Math.max(roundEnd - performance.now(), 0), { signal: done });
  }
}

async function flushes({ sql }: Crowd): Promise<number> {
  const [row] = await sql`
    select count(*)::int as n from private.job_runs where job_name = 'flush-viewers' and ok`;
  return row?.n;
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  if (await waitUntil(condition, { timeoutMs: 300_000, intervalMs: 100 })) return;
  throw new Error(`In five minutes it did not come to this: ${what}.`);
}

/** Lets this many flushes go by, and a moment in which the server's processes report what they did. */
async function awaitFlushes(crowd: Crowd, count: number): Promise<void> {
  const before = await flushes(crowd);
  await until(async () => (await flushes(crowd)) >= before + count, `${count} flushes`);
  await pause(1_500);
}

/** What a minute of flushes writes; from one flush to another, because that is when something is written. */
async function countWrites(crowd: Crowd, viewers: readonly CrowdViewer[], seconds: number) {
  const over = new AbortController();
  const beating = beatUntil(crowd, viewers, over.signal);
  const areAllStored = async () => {
    const [row] = await crowd.sql`select sum(viewer_count)::int as viewers from public.streams`;
    return row?.viewers === viewers.length;
  };
  await until(areAllStored, 'all viewers are stored');
  await awaitFlushes(crowd, 1);
  const [before, first] = [await written(crowd), await flushes(crowd)];
  await awaitFlushes(crowd, Math.ceil((seconds * FLUSHES_A_MINUTE) / 60));
  const [after, last] = [await written(crowd), await flushes(crowd)];
  over.abort();
  await beating;
  const minutes = (last - first) / FLUSHES_A_MINUTE;
  return {
    rows: (after.rows - before.rows) / minutes,
    walBytes: (after.walBytes - before.walBytes) / minutes,
  };
}

/** Measures and prints; returns all who have joined. */
export async function measureWrites(crowd: Crowd, options: Options): Promise<CrowdViewer[]> {
  const few = await gather(crowd.stack, crowd.streams, Math.min(FEW, options.viewers));
  const atFew = await countWrites(crowd, few, options.countSeconds);
  const more = await gather(crowd.stack, crowd.streams, options.viewers - few.length, few.length);
  const all = [...few, ...more];
  const atMany = await countWrites(crowd, all, options.countSeconds);
  const row = (label: string, of: (one: typeof atFew) => number): Row => {
    const cells = [of(atFew).toFixed(0), of(atMany).toFixed(0)];
    return [label, [...cells, (of(atMany) / of(atFew)).toFixed(2)]];
  };
  printTable(
    `${crowd.streams.length} streams, a minute`,
    [`${few.length}`, `${all.length}`, 'ratio'],
    [
      row('rows written to Postgres', ({ rows }) => rows),
      row('bytes of write-ahead log', ({ walBytes }) => walBytes),
    ],
  );
  return all;
}
