/** JSON comes in 64 levels deep at most: what is deeper can be stored, and then breaks whoever reads it. */
import { randomUUID } from 'node:crypto';
import type { TransactionSql } from 'postgres';
import { test as base, describe, expect, expectFailure } from '../support/fixtures.ts';
import { claim, startRestream } from '../support/restream.ts';
import { createStream } from '../support/streams.ts';

const nested = (levels: number) => `{"a": ${'['.repeat(levels)}1${']'.repeat(levels)}}`;
const DEEPEST = nested(63);
const TOO_DEEP = nested(64);
const FAR_TOO_DEEP = nested(2500);

type Attempt = (sql: TransactionSql, value: string) => PromiseLike<unknown>;

const probe = { id: randomUUID(), session: '' };

/** Whatever takes JSON, and the field that it calls it. */
const DOORS: Readonly<Record<string, { field: string; as: 'user' | 'service'; give: Attempt }>> = {
  'append_event(event_data)': {
    field: 'event_data',
    as: 'service',
    give: (sql, value) =>
      sql`select public.append_event('Probe', ${probe.id}, 'ProbeMoved', ${value}::text::jsonb)`,
  },
  'append_event(metadata)': {
    field: 'metadata',
    as: 'service',
    give: (sql, value) => sql`
      select public.append_event('Probe', ${probe.id}, 'ProbeMoved', '{}', metadata => ${value}::text::jsonb)`,
  },
  'append_events(events)': {
    field: 'event_data',
    as: 'service',
    give: (sql, value) => sql`
      select public.append_events('Probe', ${probe.id},
        ${`[{"event_type": "ProbeMoved", "event_data": ${value}}]`}::text::jsonb)`,
  },
  'create_snapshot(state)': {
    field: 'state',
    as: 'service',
    give: (sql, value) =>
      sql`select public.create_snapshot('Probe', ${probe.id}, 1, ${value}::text::jsonb)`,
  },
  'create_stream(settings)': {
    field: 'settings',
    as: 'user',
    give: (sql, value) =>
      sql`select public.create_stream('Deep', settings => ${value}::text::jsonb)`,
  },
  'finish_job_run(result)': {
    field: 'result',
    as: 'service',
    give: (sql, value) =>
      sql`select public.finish_job_run('reap-sessions', 1, true, ${value}::text::jsonb)`,
  },
  'record_viewers(samples)': {
    field: 'samples',
    as: 'service',
    give: (sql, value) =>
      sql`select public.record_viewers(jsonb_build_array(${value}::text::jsonb))`,
  },
  'renew_session(stats)': {
    field: 'stats',
    as: 'service',
    give: (sql, value) =>
      sql`select public.renew_session(${probe.session}, 'worker-1', ${value}::text::jsonb)`,
  },
  'set_setting(value)': {
    field: 'value',
    as: 'service',
    give: (sql, value) =>
      sql`select public.set_setting('stream_settings_types', ${value}::text::jsonb)`,
  },
  'streams.settings': {
    field: 'settings',
    as: 'user',
    give: (sql, value) => sql`update public.streams set settings = ${value}::text::jsonb`,
  },
};

const test = base.extend('attempt', { scope: 'file' }, async ({ db, owner }) => {
  await createStream(db, owner.id);
  probe.session = (await startRestream(db, owner.id)).id;
  await claim(db);
  return (door: string, value: string) => {
    const { as, give } = DOORS[door] as (typeof DOORS)[string];
    const work = (sql: TransactionSql) => give(sql, value);
    return as === 'user' ? db.asUser(owner.id, work as never) : db.asService(work as never);
  };
});

describe('JSON that comes in', () => {
  test('comes in by the doors that are tried here, and by no others', async ({ db }) => {
    const doors = await db.sql`
      select proname || '(' || proargnames[place] || ')' as door
      from pg_proc, unnest(proargtypes::oid[]) with ordinality as given (type, place)
      where pronamespace = 'public'::regnamespace and type in ('jsonb'::regtype, 'json'::regtype)
      union
      select relname || '.' || attname
      from pg_attribute join pg_class on pg_class.oid = attrelid
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and atttypid in ('jsonb'::regtype, 'json'::regtype)
      order by door`;
    expect(doors.map(({ door }) => door).sort()).toEqual(Object.keys(DOORS).sort());
  });

  test.for(Object.keys(DOORS))('%s: refused when it is too deep', async (door, { attempt }) => {
    const field = DOORS[door]?.field ?? '';
    for (const value of [TOO_DEEP, FAR_TOO_DEEP]) {
      await expectFailure(attempt(door, value), {
        status: 400,
        details: `${field}_invalid`,
        message: /at most 64 levels/,
      });
    }
  });

  test.for(Object.keys(DOORS).filter((door) => !/snapshot|viewers|set_setting/.test(door)))(
    '%s: taken at the limit',
    async (door, { attempt }) => {
      await attempt(door, DEEPEST);
    },
  );

  test('has a size too', async ({ attempt }) => {
    for (const [door, size] of [
      ['create_snapshot(state)', 1_048_576],
      ['finish_job_run(result)', 262_144],
      ['set_setting(value)', 262_144],
    ] as const) {
      await expectFailure(attempt(door, `{"a": "${'x'.repeat(size)}"}`), {
        status: 400,
        message: /at most \d+ bytes/,
      });
    }
  });
});
