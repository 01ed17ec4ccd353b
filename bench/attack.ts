/**
 * What honest people notice of a stranger who sends slow queries on 30 connections: how long a publish
 * (the media server's question to the ingest function), a sign-in and a page of somebody anonymous
 * take, without the attack and under it, in turn.
 *
 *   npm run bench -- attack [--connections 30] [--publishes 40] [--turns 3]
 */
import { parseArgs } from 'node:util';
import { Attack } from './attack/attack.ts';
import { openHonestPeople } from './attack/honest-people.ts';
import { median } from './support/median.ts';
import { positive } from './support/positive.ts';
import { printTable, type Row } from './support/table.ts';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    connections: { type: 'string', default: '30' },
    publishes: { type: 'string', default: '40' },
    turns: { type: 'string', default: '3' },
  },
});
const connections = positive('connections', values.connections);
const publishes = positive('publishes', values.publishes);
const turns = positive('turns', values.turns);

type Latencies = Readonly<Record<'publish' | 'sign-in' | 'page', readonly number[]>>;

const merge = (all: readonly Latencies[], what: keyof Latencies) =>
  all.flatMap((latencies) => latencies[what]);
const cells = (latencies: readonly number[]) =>
  [median(latencies), Math.max(...latencies)].map((ms) => `${ms.toFixed(0)} ms`);

const people = await openHonestPeople();
try {
  const quiet: Latencies[] = [];
  const attacked: Latencies[] = [];
  const attack = new Attack(people.stack, connections);
  await people.live(publishes); // warm-up
  for (let turn = 0; turn < turns; turn++) {
    quiet.push(await people.live(publishes));
    await attack.begin();
    attacked.push(await people.live(publishes).finally(() => attack.end()));
  }
  const rows = (['publish', 'sign-in', 'page'] as const).map(
    (what): Row => [what, [...cells(merge(quiet, what)), ...cells(merge(attacked, what))]],
  );
  printTable('', ['quiet', 'most', 'attacked', 'most'], rows);
  console.log(`\nPublishes refused: ${people.refused.join(', ') || 'none'}`);
  console.log(`The attacker's answers: ${attack.report()}`);
} finally {
  await people.end();
}
