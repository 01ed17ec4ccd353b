/** Beats a second, beside what they are to be compared with. */
import { openServer } from '../support/bench-server.ts';
import { HttpLane, type Post } from '../support/http-lane.ts';
import { printTable, type Row } from '../support/table.ts';
import { onWire, type Runner, rateOf, ratioOf, runInTurns } from '../support/turns.ts';
import type { Crowd } from './crowd.ts';
import { startHost } from './host.ts';
import type { Options } from './options.ts';

const VIEWER = 'viewer: a beat';
const TRIVIAL = 'a trivial function of the same process';
const OF_STREAM = 'UPDATE of the stream’s row';
const OF_VIEWER = 'UPDATE of a row a viewer';

/** Each connection has its share of the posts, and sends them in turn. */
function posting(name: string, url: string, posts: readonly Post[], connections: number): Runner {
  return {
    name,
    async open(connection) {
      const own = posts.filter((_, n) => n % connections === connection);
      const lane = await HttpLane.open(url);
      let next = 0;
      return {
        next: async () => void (await lane.post(own[next++ % own.length] as Post)),
        close: () => lane.close(),
      };
    },
  };
}

/** One durable statement a beat, for a random row of a table. */
function updating(name: string, url: string, table: string, ids: readonly string[]): Runner {
  const statement = `update ${table} set viewer_count = viewer_count + 1, last_seen_at = now() where id = $1`;
  const unit = () => async (wire: { run(text: string, values: string[]): Promise<void> }) => {
    await wire.run(statement, [ids[Math.floor(Math.random() * ids.length)] as string]);
  };
  return onWire({ name, url, unit });
}

async function createRows(crowd: Crowd, url: string, viewers: number) {
  const { default: postgres } = await import('postgres');
  const sql = postgres(url, { max: 1, onnotice() {} });
  const ids: Record<string, string[]> = {};
  for (const [table, count] of [
    ['bench_streams', crowd.streams.length],
    ['bench_viewers', viewers],
  ] as const) {
    await sql.unsafe(
      `create table public.${table} (id uuid primary key, viewer_count int not null default 0, last_seen_at timestamptz) with (fillfactor = 50)`,
    );
    const rows =
      await sql`insert into ${sql(table)} (id) select gen_random_uuid() from generate_series(1, ${count}) returning id`;
    ids[table] = rows.map(({ id }) => id);
  }
  await sql.end();
  return ids;
}

/** Measures and prints. */
export async function measureBeats(crowd: Crowd, beats: readonly Post[], options: Options) {
  const host = await startHost(crowd.stack);
  const server = await openServer();
  try {
    const { url } = await server.createMigrated('viewers');
    const ids = await createRows(crowd, url, beats.length);
    const trivial = beats.map((beat) => ({ ...beat, path: '/functions/v1/trivial' }));
    const runners = [
      posting(VIEWER, host.url, beats, options.connections),
      posting(TRIVIAL, host.url, trivial, options.connections),
      updating(OF_STREAM, url, 'public.bench_streams', ids.bench_streams ?? []),
      updating(OF_VIEWER, url, 'public.bench_viewers', ids.bench_viewers ?? []),
    ];
    const rates = await runInTurns(runners, options);
    const rows = runners.map(({ name }): Row => {
      const cells = [rateOf(rates, name).toFixed(0), ratioOf(rates, VIEWER, name).toFixed(2)];
      return [name, cells];
    });
    printTable(
      `${options.connections} connections, ${beats.length} viewers`,
      ['a second', 'viewer is'],
      rows,
    );
  } finally {
    await server.stop();
    await host.stop();
  }
}
