/** The databases of one run, all on one server. */
import type { BenchDatabase, BenchServer } from '../support/bench-server.ts';
import { fillLog, type Stored } from './fill.ts';
import { createBareLog, removeChain } from './limit.ts';
import type { Options } from './options.ts';

export interface FilledDatabase extends BenchDatabase {
  readonly stored: Stored;
  /** How many events it holds, for people. */
  readonly size: string;
}

export interface Databases {
  readonly baseline: FilledDatabase;
  /** As `baseline`, without the hash chain. */
  readonly unchained: BenchDatabase;
  readonly large: FilledDatabase;
}

async function fill(database: BenchDatabase, count: number): Promise<FilledDatabase> {
  const start = performance.now();
  const stored = await fillLog(database, count);
  const size = count.toLocaleString('en-US');
  console.log(`stored ${size} events in ${((performance.now() - start) / 1000).toFixed(0)} s`);
  return { ...database, stored, size };
}

/** Makes and fills them. */
export async function prepareDatabases(
  server: BenchServer,
  { baseline, stored }: Options,
): Promise<Databases> {
  const small = await fill(await server.createMigrated('baseline'), baseline);
  const unchained = await server.copy(small, 'unchained');
  await removeChain(unchained);
  await createBareLog(small);
  const large = await fill(await server.createMigrated('large'), stored);
  return { baseline: small, unchained, large };
}
