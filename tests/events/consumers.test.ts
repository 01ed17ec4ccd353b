import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDatabase, expectFailure, type TestDatabase } from '../support/database.ts';
import { append, type StoredEvent } from '../support/events.ts';

const PATIENCE = { timeout: 30_000, interval: 20 };

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase();
});
afterEach(() => db.drop());

interface Claim {
  readonly count?: number;
  readonly lease?: number;
  readonly member?: number | null;
  readonly size?: number;
}

const claimOn = (sql: Sql, { count = 100, lease = 60, member = null, size = 1 }: Claim = {}) =>
  sql<
    StoredEvent[]
  >`select * from public.claim_events('probe', ${count}, ${lease}, ${member}, ${size})`;
const claim = (options?: Claim) => db.asService((sql) => claimOn(sql as never, options));
const acknowledge = (position: string | undefined) =>
  db.asService(
    (sql) => sql`select public.acknowledge_events('probe', ${position ?? null}) as news`,
  );
const expireLeases = () =>
  db.sql`update private.event_consumer_members set leased_until = now() - interval '1 second'`;
const ids = (events: readonly StoredEvent[]) => events.map(({ id }) => id);

async function appendTo(aggregates: number, each: number): Promise<string[]> {
  const targets = Array.from({ length: aggregates }, () => randomUUID());
  const events = JSON.stringify(Array(each).fill({ event_type: 'ProbeMoved', event_data: {} }));
  for (const id of targets)
    await db.sql`select public.append_events('Probe', ${id}, ${events}::text::jsonb)`;
  return targets;
}

describe('a consumer', () => {
  test('is handed the log from its beginning, in order, and goes on where it acknowledged', async () => {
    await appendTo(2, 3);
    const first = await claim({ count: 4 });
    expect(first).toHaveLength(4);
    expect(await acknowledge(first.at(-1)?.position)).toEqual([{ news: true }]);
    const second = await claim();
    expect(second).toHaveLength(2);
    expect(BigInt(second[0]?.position ?? 0)).toBeGreaterThan(BigInt(first[3]?.position ?? 0));
    await acknowledge(second.at(-1)?.position);
    expect(await claim()).toHaveLength(0);
    expect(await acknowledge(second.at(-1)?.position)).toEqual([{ news: false }]);
  });

  test('under lease is handed to nobody else; when the lease runs out, all of it comes again', async () => {
    await appendTo(1, 3);
    const first = await claim({ count: 2 });
    expect(await claim()).toHaveLength(0);
    await expireLeases();
    expect(ids(await claim({ count: 2 }))).toEqual(ids(first));
  });

  test('that acknowledges a part keeps the rest under its lease', async () => {
    await appendTo(1, 3);
    const events = await claim();
    await acknowledge(events[0]?.position);
    expect(await claim()).toHaveLength(0);
    await expireLeases();
    expect(ids(await claim())).toEqual(ids(events.slice(1)));
  });

  test('is unmoved by others', async () => {
    await appendTo(1, 1);
    const mine = await claim();
    await acknowledge(mine[0]?.position);
    const others = await db.asService((sql) => sql`select * from public.claim_events('another')`);
    expect(others).toHaveLength(1);
  });

  test('does not run ahead of a transaction in flight', async () => {
    const [slow] = await db.connect(1, 'postgres');
    await slow?.begin(async (sql) => {
      await sql`select public.append_event('Probe', ${randomUUID()}, 'ProbeMoved', '{}')`;
      await append(db, randomUUID());
      expect(await claim()).toHaveLength(0);
    });
    await vi.waitFor(async () => expect(await claim()).toHaveLength(2), PATIENCE);
  });

  test('shows its lag to admins and the server, to nobody else', async () => {
    await appendTo(1, 5);
    const events = await claim();
    await acknowledge(events[1]?.position);
    const lagOf = (act: TestDatabase['asAnon']) =>
      act(
        (sql) =>
          sql`select consumer, size, lag, leased_members from public.event_consumers() where consumer = 'probe'`,
      );
    const [row] = await lagOf(db.asService);
    expect(row).toMatchObject({ consumer: 'probe', size: 1, leased_members: '1' });
    expect(Number(row?.lag)).toBeGreaterThanOrEqual(3);
    expect(await lagOf(db.asAdmin)).toHaveLength(1);
    const { id } = await db.createUser();
    await expectFailure(
      lagOf((work) => db.asUser(id, work)),
      { status: 403, details: 'admin_required' },
    );
  });
});

describe('members', () => {
  test('share the log by aggregate, and together have all of it', async () => {
    await appendTo(30, 2);
    const shares = [];
    for (const member of [0, 1, 2]) shares.push(await claim({ member, size: 3, count: 1000 }));
    expect(shares.flat()).toHaveLength(60);
    const owners = new Map<string, number>();
    for (const [member, events] of shares.entries()) {
      expect(events.length).toBeGreaterThan(0);
      for (const { aggregate_id: id } of events) {
        expect(owners.get(id) ?? member).toBe(member);
        owners.set(id, member);
      }
    }
  });

  test('that die leave their share to whoever claims next', async () => {
    await appendTo(20, 1);
    const [first, second] = [
      await claim({ size: 2, count: 1000 }),
      await claim({ size: 2, count: 1000 }),
    ];
    expect(first.length + second.length).toBe(20);
    expect(await claim({ size: 2 })).toHaveLength(0);
    await acknowledge(second.at(-1)?.position);
    await expireLeases();
    expect(ids(await claim({ size: 2, count: 1000 }))).toEqual(ids(first));
  });

  test('change in number only when none is at work; then nothing is lost', async () => {
    await appendTo(10, 2);
    const events = await claim({ count: 8 });
    await acknowledge(events[3]?.position);
    await expectFailure(claim({ size: 4 }), { status: 409, details: 'consumer_busy' });
    await expireLeases();
    const again = [];
    for (const member of [0, 1, 2, 3])
      again.push(...(await claim({ member, size: 4, count: 1000 })));
    expect(again).toHaveLength(16);
  });

  test('12 workers that crash now and then handle every event, each aggregate in order', async () => {
    const AGGREGATES = 20;
    const EACH = 20;
    const SIZE = 6;
    await appendTo(AGGREGATES, EACH);
    const connections = await db.connect(12, 'postgres');
    const handled = new Map<string, number>();
    let total = 0;
    let repeated = 0;
    const deadline = Date.now() + 45_000;
    const finished = () => total === AGGREGATES * EACH;
    await Promise.all(
      connections.map(async (sql, worker) => {
        for (let round = 0; !finished() && Date.now() < deadline; round++) {
          const events = await claimOn(sql, { size: SIZE, count: 10, lease: 1 });
          for (const [i, event] of events.entries()) {
            if ((worker + round) % 5 === 0 && i === 5) break;
            const last = handled.get(event.aggregate_id) ?? 0;
            if (Number(event.version) <= last) repeated++;
            else {
              expect(Number(event.version)).toBe(last + 1);
              handled.set(event.aggregate_id, last + 1);
              total++;
            }
          }
          if (events.length === 0) await sleep(20);
          const crashed = (worker + round) % 5 === 0 && events.length > 5;
          if (events.length > 0 && !crashed) {
            await sql`select public.acknowledge_events('probe', ${events.at(-1)?.position ?? null})`;
          }
        }
      }),
    );
    expect(total).toBe(AGGREGATES * EACH);
    expect(repeated).toBeGreaterThan(0);
  });
});

describe('refused', () => {
  test.each([
    ['consumer', "''"],
    ['max_count', "'c', 0"],
    ['max_count', "'c', 1001"],
    ['lease_seconds', "'c', 1, 0"],
    ['size', "'c', 1, 1, null, 0"],
    ['member', "'c', 1, 1, 2, 2"],
  ])('%s: claim_events(%s)', async (parameter, args) => {
    await expectFailure(
      db.asService((sql) => sql.unsafe(`select public.claim_events(${args})`)),
      {
        status: 400,
        details: `${parameter}_invalid`,
      },
    );
  });

  test('an acknowledgement of what was not handed out', async () => {
    await appendTo(1, 2);
    const [event] =
      await db.sql`select min(position) as position, max(position) as last from private.event_log`;
    await expectFailure(acknowledge(event?.position), { status: 404, details: 'claim_not_found' });
    await claim({ count: 1 });
    await expectFailure(acknowledge(event?.last), { status: 409, details: 'events_not_claimed' });
    await expectFailure(acknowledge('999999999'), { status: 404, details: 'claim_not_found' });
  });

  test('clients', async () => {
    const { id } = await db.createUser({ role: 'admin' });
    for (const call of [
      "claim_events('c')",
      "acknowledge_events('c', 1)",
      'archive_events(now())',
      "verify_events('User', gen_random_uuid())",
      "replay('User', gen_random_uuid())",
    ]) {
      await expectFailure(
        db.asUser(id, (sql) => sql.unsafe(`select public.${call}`)),
        { code: '42501' },
      );
    }
  });
});
