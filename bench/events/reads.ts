import { median } from '../support/median.ts';
import { printTable } from '../support/table.ts';
import { type Rates, rateOf, takeTurns } from '../support/turns.ts';
import { CONNECTIONS, cell } from './cells.ts';
import type { Databases, FilledDatabase } from './databases.ts';
import type { Options } from './options.ts';
import { getEvents, sampleIds, tailBatches } from './reading.ts';

const ROUNDS = 3;

/** Prints how fast an aggregate's 100 events are read, and what a batch of 1,000 costs a reader of the log. */
export async function measureReads(
  { baseline, large }: Databases,
  { turns, seconds }: Options,
): Promise<void> {
  const databases: FilledDatabase[] = [baseline, large];
  const contenders = await Promise.all(
    databases.map(async (database) =>
      getEvents(database.size, database, await sampleIds(database)),
    ),
  );
  const columns: Rates[] = [];
  for (const connections of CONNECTIONS) {
    columns.push(await takeTurns({ contenders, connections, settings: {}, turns, seconds }));
  }
  printTable(
    'get_events, 100 of an aggregate, reads/s',
    CONNECTIONS.map(String),
    databases.map(({ size }) => [
      `  of ${size} stored`,
      columns.map((rates) => cell(rateOf(rates, size))),
    ]),
  );
  const times = new Map<FilledDatabase, number[]>(databases.map((database) => [database, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const database of databases) times.get(database)?.push(...(await tailBatches(database)));
  }
  printTable(
    'read_events, 1,000 a batch, ms a batch',
    ['median'],
    databases.map((database) => [
      `  of ${database.size} stored`,
      [cell(median(times.get(database) ?? []), 2)],
    ]),
  );
}
