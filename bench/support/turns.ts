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

interface Lane {
  readonly wire: Wire;
  readonly next: (wire: Wire) => Promise<void>;
}

const units = new WeakMap<Contender, Map<number, Lane['next']>>();

function unitOf(contender: Contender, connection: number): Lane['next'] {
  const known = units.get(contender) ?? new Map<number, Lane['next']>();
  units.set(contender, known);
  const unit = known.get(connection) ?? contender.unit(connection);
  known.set(connection, unit);
  return unit;
}

async function openLanes(contender: Contender, { connections, settings }: Plan): Promise<Lane[]> {
  return Promise.all(
    Array.from({ length: connections }, async (_, connection) => ({
      wire: await Wire.open(contender.url, { ...contender.settings, ...settings }),
      next: unitOf(contender, connection),
    })),
  );
}

async function perSecond(lanes: readonly Lane[], seconds: number): Promise<number> {
  const start = performance.now();
  const end = start + seconds * 1000;
  let done = 0;
  await Promise.all(
    lanes.map(async ({ wire, next }) => {
      while (performance.now() < end) {
        await next(wire);
        done++;
      }
    }),
  );
  return (done * 1000) / (performance.now() - start);
}

/** Runs the contenders in turn, after a short turn each that does not count. */
export async function takeTurns(plan: Plan): Promise<Rates> {
  const rates = new Map<string, number[]>(plan.contenders.map(({ name }) => [name, []]));
  const open = await Promise.all(
    plan.contenders.map(async (contender) => ({
      name: contender.name,
      lanes: await openLanes(contender, plan),
    })),
  );
  try {
    for (const { lanes } of open) await perSecond(lanes, plan.seconds / 3);
    for (let turn = 0; turn < plan.turns; turn++) {
      for (const { name, lanes } of open)
        rates.get(name)?.push(await perSecond(lanes, plan.seconds));
    }
  } finally {
    await Promise.all(open.flatMap(({ lanes }) => lanes.map(({ wire }) => wire.close())));
  }
  return rates;
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
