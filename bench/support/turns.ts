/** Measures several pieces of work in turn, so that a machine's moods hit all of them. */
import { median } from './median.ts';
import { Wire } from './wire.ts';

/** One kind of work: where it runs, and its next unit on a connection. */
export interface Contender {
  readonly name: string;
  readonly url: string;
  /** Server settings that it needs. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Makes one connection's work; called once for each connection number, and kept for all turns. */
  readonly unit: (connection: number) => (wire: Wire) => Promise<void>;
}

export interface Plan {
  readonly contenders: readonly Contender[];
  readonly connections: number;
  /** Server settings of the connections. */
  readonly settings: Readonly<Record<string, string>>;
  readonly turns: number;
  readonly seconds: number;
}

/** Units of work a second, a number for each turn, by the contender's name. */
export type Rates = ReadonlyMap<string, readonly number[]>;

/** One connection's work: its next unit, and its end. */
export interface Lane {
  readonly next: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Anything that can be measured: opens the work of one connection. */
export interface Runner {
  readonly name: string;
  readonly open: (connection: number) => Promise<Lane>;
}

export type Turns = Pick<Plan, 'connections' | 'turns' | 'seconds'>;

const units = new WeakMap<Contender, Map<number, ReturnType<Contender['unit']>>>();

function unitOf(contender: Contender, connection: number): ReturnType<Contender['unit']> {
  const known = units.get(contender) ?? new Map<number, ReturnType<Contender['unit']>>();
  units.set(contender, known);
  const unit = known.get(connection) ?? contender.unit(connection);
  known.set(connection, unit);
  return unit;
}

/** A contender whose work is statements on a connection of the database. */
export function onWire(contender: Contender, settings: Plan['settings'] = {}): Runner {
  return {
    name: contender.name,
    async open(connection) {
      const wire = await Wire.open(contender.url, { ...contender.settings, ...settings });
      const unit = unitOf(contender, connection);
      return { next: () => unit(wire), close: () => wire.close() };
    },
  };
}

async function perSecond(lanes: readonly Lane[], seconds: number): Promise<number> {
  const start = performance.now();
  const end = start + seconds * 1000;
  let done = 0;
  await Promise.all(
    lanes.map(async ({ next }) => {
      while (performance.now() < end) {
        await next();
        done++;
      }
    }),
  );
  return (done * 1000) / (performance.now() - start);
}

/** Runs them in turn, after a short turn each that does not count. */
export async function runInTurns(runners: readonly Runner[], plan: Turns): Promise<Rates> {
  const rates = new Map<string, number[]>(runners.map(({ name }) => [name, []]));
  const open = await Promise.all(
    runners.map(async (runner) => ({
      name: runner.name,
      lanes: await Promise.all(Array.from({ length: plan.connections }, (_, n) => runner.open(n))),
    })),
  );
  try {
    for (const { lanes } of open) await perSecond(lanes, plan.seconds / 3);
    for (let turn = 0; turn < plan.turns; turn++) {
      for (const { name, lanes } of open)
        rates.get(name)?.push(await perSecond(lanes, plan.seconds));
    }
  } finally {
    await Promise.all(open.flatMap(({ lanes }) => lanes.map((lane) => lane.close())));
  }
  return rates;
}

/** Runs the contenders in turn, after a short turn each that does not count. */
export function takeTurns(plan: Plan): Promise<Rates> {
  return runInTurns(
    plan.contenders.map((contender) => onWire(contender, plan.settings)),
    plan,
  );
}

/** A contender's median rate. */
export function rateOf(rates: Rates, name: string): number {
  return median(rates.get(name) ?? []);
}

/** The median of the ratios of two contenders, each turn's own. */
export function ratioOf(rates: Rates, name: string, other: string): number {
  const others = rates.get(other) ?? [];
  return median((rates.get(name) ?? []).map((rate, turn) => rate / (others[turn] as number)));
}
