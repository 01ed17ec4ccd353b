/** Stored events for reads and appends to be measured among, written past the functions. */
import postgres, { type Sql } from 'postgres';
import type { BenchDatabase } from '../support/bench-server.ts';

export const EVENTS_PER_AGGREGATE = 100;
/** Aggregates that append at one time: an aggregate's events lie this far apart. */
const ACTIVE_AGGREGATES = 1000;
const CHUNK = 1_000_000;

export interface Stored {
  readonly firstPosition: number;
  readonly lastPosition: number;
  readonly aggregates: number;
}

/** The id of a stored aggregate. */
export const STORED_ID = (index: string) => `md5('aggregate ' || (${index}))::uuid`;

const INSERT_EVENTS = `
  insert into private.event_log overriding system value
  select position, null, 'Stream', ${STORED_ID('aggregate')}, version, 'StreamUpdated',
    jsonb_build_object('new', jsonb_build_object('title', 'Friday night in the studio ' || position, 'status', 'live', 'viewers', position % 5000)),
    jsonb_build_object('actor_id', owner, 'actor_role', 'authenticated'), owner,
    timestamptz '2026-01-01' + position * interval '1 second', sha256(int8send(position))
  from (
    select n + $1::bigint as position, aggregate, version, md5('owner ' || aggregate / 10)::uuid as owner
    from generate_series($2::bigint, $3::bigint) as n,
      lateral (select n / ${ACTIVE_AGGREGATES * EVENTS_PER_AGGREGATE} * ${ACTIVE_AGGREGATES} + n % ${ACTIVE_AGGREGATES} as aggregate,
        n / ${ACTIVE_AGGREGATES} % ${EVENTS_PER_AGGREGATE} + 1 as version)
  ) as event`;

const INSERT_HEADS = `
  insert into private.event_heads (aggregate_type, aggregate_id, version, hash, last_event_at, snapshot_due)
  select 'Stream', ${STORED_ID('n')}, ${EVENTS_PER_AGGREGATE}, sha256(int8send(n)), timestamptz '2026-06-01', ${2 * EVENTS_PER_AGGREGATE}
  from generate_series(0::bigint, $1::bigint - 1) as n`;

const INSERT_SNAPSHOTS = `
  insert into private.event_snapshots (aggregate_type, aggregate_id, version, state, hash, created_at)
  select aggregate_type, aggregate_id, version, '{"title": "Friday night in the studio"}', hash, last_event_at
  from private.event_heads`;

/** Drops the log's indexes but its key, and returns the statements that make them again. */
async function dropIndexes(sql: Sql): Promise<string[]> {
  const indexes = await sql`
    select c.relname as name, pg_get_indexdef(i.indexrelid) as definition
    from pg_index as i join pg_class as c on c.oid = i.indexrelid
    where i.indrelid = 'private.event_log'::regclass and not i.indisprimary`;
  for (const { name } of indexes) await sql.unsafe(`drop index private.${name}`);
  return indexes.map(({ definition }) => definition.replace(' ON ONLY ', ' ON '));
}

/** The positions end in the middle of a partition where they fill more than one: an empty one would flatter. */
async function placeOf(sql: Sql, count: number): Promise<Stored> {
  const [setting] = await sql`
    select value::bigint as span from private.settings where key = 'events_per_partition'`;
  const offset = count < Number(setting?.span) ? 0 : Math.floor(Number(setting?.span) / 2);
  return {
    firstPosition: offset + 1,
    lastPosition: offset + count,
    aggregates: count / EVENTS_PER_AGGREGATE,
  };
}

async function insertEvents(sql: Sql, place: Stored, count: number): Promise<void> {
  for (let from = 0; from < count; from += CHUNK) {
    const to = Math.min(from + CHUNK, count) - 1;
    await sql.unsafe(INSERT_EVENTS, [place.firstPosition, from, to]);
  }
}

/**
 * Stores `count` events (a multiple of 100,000), 100 of each aggregate, with heads, snapshots and the
 * partitions that such a log has. Their hashes are no chain.
 */
export async function fillLog(database: BenchDatabase, count: number): Promise<Stored> {
  const block = ACTIVE_AGGREGATES * EVENTS_PER_AGGREGATE;
  if (count % block !== 0)
    throw new Error(`Stored events must be a multiple of ${block}, got ${count}.`);
  const sql = postgres(database.superuserUrl, { max: 1, onnotice() {} });
  try {
    await sql.unsafe(`set session_replication_role = replica; set synchronous_commit = off;
      set maintenance_work_mem = '512MB'`);
    const place = await placeOf(sql, count);
    await sql`select setval('private.event_log_position_seq', ${place.lastPosition}), private.extend_event_log()`;
    const definitions = await dropIndexes(sql);
    await insertEvents(sql, place, count);
    for (const definition of definitions) await sql.unsafe(definition);
    await sql.unsafe(INSERT_HEADS, [place.aggregates]);
    await sql.unsafe(INSERT_SNAPSHOTS);
    await sql.unsafe('vacuum (analyze) private.event_log');
    await sql.unsafe('vacuum (analyze) private.event_heads, private.event_snapshots');
    return place;
  } finally {
    await sql.end();
  }
}
