import { printTable, type Row } from '../support/table.ts';
import { type Contender, type Rates, rateOf, ratioOf, takeTurns } from '../support/turns.ts';
import { CONNECTIONS, cell } from './cells.ts';
import { append, bareInsert, writeMessage } from './contenders.ts';
import type { Databases } from './databases.ts';
import type { Options } from './options.ts';

const BARE = 'bare insert';
const APPEND = 'append_event';
const EXPECTING = 'append_event, expected version';
const UNCHAINED = 'append_event without the hash chain';
const ONE_CATEGORY = 'message-db, one category';
const CATEGORY_EACH = 'message-db, a category each';

export interface Durability {
  readonly title: string;
  readonly synchronousCommit: 'on' | 'off';
}

function contendersOf({ baseline, unchained, large }: Databases, messageDb?: string): Contender[] {
  return [
    bareInsert(BARE, baseline),
    append(APPEND, baseline),
    append(EXPECTING, baseline, true),
    append(UNCHAINED, unchained),
    append(large.size, large),
    ...(messageDb
      ? [writeMessage(ONE_CATEGORY, messageDb, false), writeMessage(CATEGORY_EACH, messageDb, true)]
      : []),
  ];
}

/** Prints appends a second and their ratios at each number of connections. */
export async function measureAppends(
  databases: Databases,
  { messageDb, turns, seconds }: Options,
  { title, synchronousCommit }: Durability,
): Promise<void> {
  const contenders = contendersOf(databases, messageDb);
  const settings = { synchronous_commit: synchronousCommit };
  const columns: Rates[] = [];
  for (const connections of CONNECTIONS) {
    columns.push(await takeTurns({ contenders, connections, settings, turns, seconds }));
  }
  const rates = (name: string, label = name): Row => [
    label,
    columns.map((column) => cell(rateOf(column, name))),
  ];
  const ratio = (label: string, name: string, other: string): Row => [
    `  ${label}`,
    columns.map((column) => cell(ratioOf(column, name, other), 2)),
  ];
  const { baseline, large } = databases;
  printTable(`appends/s, ${title}`, CONNECTIONS.map(String), [
    rates(BARE),
    rates(APPEND),
    ratio('of the bare insert', APPEND, BARE),
    rates(EXPECTING),
    ratio('of the bare insert', EXPECTING, BARE),
    rates(UNCHAINED),
    ratio('with the chain, of that', APPEND, UNCHAINED),
    rates(large.size, `append_event, ${large.size} stored`),
    ratio(`of that with ${baseline.size}`, large.size, APPEND),
    ...(messageDb
      ? [
          rates(ONE_CATEGORY),
          ratio('append_event, of that', APPEND, ONE_CATEGORY),
          rates(CATEGORY_EACH),
          ratio('append_event, of that', APPEND, CATEGORY_EACH),
        ]
      : []),
  ]);
}
