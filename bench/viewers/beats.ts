/** Beats a second, beside what they are to be compared with. */
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import type { Viewing } from '../../functions/viewer/viewing.ts';
import type { CrowdViewer } from '../../tests/support/crowd.ts';
import { openServer } from '../support/bench-server.ts';
import { cpuPerUnit } from '../support/cpu.ts';
import { printTable, type Row } from '../support/table.ts';
import { type Runner, rateOf, ratioOf, runInTurns, type Turns } from '../support/turns.ts';
import { beatOf, type Crowd } from './crowd.ts';
import { startHost } from './host.ts';
import type { Options } from './options.ts';
import { posting, scripting, updating } from './runners.ts';

const VIEWER = 'a beat through the function viewer';

/** Tables as beats would be written to: a row a stream, which its viewers wait for, or a row a viewer. */
async function createRows(url: string, counts: Record<string, number>) {
  const sql = postgres(url, { max: 1, onnotice() {} });
  const ids: Record<string, string[]> = {};
  for (const [table, count] of Object.entries(counts)) {
    await sql`create table ${sql(table)} (id uuid primary key, viewer_count int not null default 0, last_seen_at timestamptz)
      with (fillfactor = 50)`;
    const rows = await sql`
      insert into ${sql(table)} (id) select gen_random_uuid() from generate_series(1, ${count}) returning id`;
    ids[table] = rows.map(({ id }) => id);
  }
  await sql.end();
  return (table: string) => ids[table] ?? [];
}

/** As many viewers of as many other streams, for the scripts by themselves. */
function viewingsLike(crowd: Crowd, count: number): Viewing[] {
  const streams = crowd.streams.map(() => randomUUID());
  return Array.from({ length: count }, (_, n) => ({
    ...{ streamId: streams[n % streams.length] as string, sessionId: 'bench', startedAt: 1 },
    ...{ viewerId: randomUUID(), tabId: '', ttlMs: 45_000 },
    beats: { intervalMs: 1000, burst: 1_000_000 },
    requests: { intervalMs: 20, burst: 200 },
  }));
}

/** Prints where the time goes: processor time a request, of the functions' process and of Redis. */
async function printCosts(crowd: Crowd, hostPid: number, runners: readonly Runner[], plan: Turns) {
  const pids = [hostPid, await crowd.stack.pidOf('redis')];
  const rows: Row[] = [];
  for (const runner of runners) {
    const costs = await cpuPerUnit(runner, pids, { ...plan, turns: 2 });
    rows.push([runner.name, costs.map((cost) => cost.toFixed(1))]);
  }
  printTable('processor time, µs a request', ['functions', 'Redis'], rows);
}

/** Measures and prints. */
export async function measureBeats(
  crowd: Crowd,
  viewers: readonly CrowdViewer[],
  options: Options,
) {
  const { connections } = options;
  const server = await openServer();
  try {
    const { url } = await server.createMigrated('viewers');
    const ids = await createRows(url, {
      bench_streams: crowd.streams.length,
      bench_viewers: viewers.length,
    });
    const host = await startHost(crowd.stack, url);
    const beats = viewers.map(beatOf);
    const trivial = beats.map((beat) => ({ ...beat, path: '/functions/v1/trivial' }));
    const update = ids('bench_streams').map((id) => ({
      ...{ path: '/functions/v1/update', headers: {}, body: JSON.stringify({ id }) },
    }));
    const viewings = viewingsLike(crowd, viewers.length);
    const beating = posting(VIEWER, host.url, beats, connections);
    const idling = posting('a trivial function, same process', host.url, trivial, connections);
    const runners = [
      beating,
      idling,
      posting('a function that sends one UPDATE', host.url, update, connections),
      updating('UPDATE of the stream’s row', url, 'bench_streams', ids('bench_streams')),
      updating('UPDATE of a row a viewer', url, 'bench_viewers', ids('bench_viewers')),
      scripting('the Redis scripts', crowd.stack.config.redisUrl, viewings, connections),
    ];
    try {
      const rates = await runInTurns(runners, options);
      const rows = runners.map(({ name }): Row => {
        const ratio = name === VIEWER ? '' : ratioOf(rates, VIEWER, name).toFixed(2);
        return [name, [rateOf(rates, name).toFixed(0), ratio]];
      });
      const title = `${connections} connections, ${viewers.length} viewers`;
      printTable(title, ['a second', 'a beat is'], rows);
      if (process.platform === 'linux')
        await printCosts(crowd, host.pid, [beating, idling], options);
    } finally {
      await host.stop();
    }
  } finally {
    await server.stop();
  }
}
