/** Measures a piece of work against the bare limit, in turn, so that a machine's moods hit both. */
import postgres, { type Sql } from 'postgres';
import { median } from './median.ts';
import type { ComparisonPlan } from './plan.ts';

/** One unit of work of the connection numbered `worker`; `round` never repeats. */
export type Work = (sql: Sql, worker: number, round: number) => Promise<unknown>;

export interface Comparison {
  readonly title: string;
  /** The database, as the role that does the work. */
  readonly url: string;
  readonly plan: ComparisonPlan;
  readonly ours: Work;
  readonly bare: Work;
}

let rounds = 0;

async function perSecond(clients: readonly Sql[], work: Work, seconds: number): Promise<number> {
  const start = performance.now();
  const end = start + seconds * 1000;
  let done = 0;
  await Promise.all(
    clients.map(async (sql, worker) => {
      while (performance.now() < end) {
        await work(sql, worker, rounds++);
        done++;
      }
    }),
  );
  return (done * 1000) / (performance.now() - start);
}

/** Prints, for each number of connections, the median rates of both and their median ratio. */
export async function compare({ title, url, plan, ours, bare }: Comparison): Promise<void> {
  console.log(`\n${title}\nconnections   ours/s   bare/s   ratio`);
  for (const count of plan.connections) {
    const clients = Array.from({ length: count }, () => postgres(url, { max: 1, onnotice() {} }));
    const turns: { ours: number; bare: number }[] = [];
    for (const work of [bare, ours]) await perSecond(clients, work, 1); // warm-up
    for (let turn = 0; turn < plan.turns; turn++) {
      turns.push({
        bare: await perSecond(clients, bare, plan.seconds),
        ours: await perSecond(clients, ours, plan.seconds),
      });
    }
    await Promise.all(clients.map((sql) => sql.end()));
    const cell = (value: number, digits: number, width: number) =>
      value.toFixed(digits).padStart(width);
    console.log(
      cell(count, 0, 11),
      cell(median(turns.map((turn) => turn.ours)), 0, 8),
      cell(median(turns.map((turn) => turn.bare)), 0, 8),
      cell(median(turns.map((turn) => turn.ours / turn.bare)), 2, 7),
    );
  }
}
