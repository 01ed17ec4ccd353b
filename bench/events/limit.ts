/** What appends are measured against and without: a bare table of the log's shape; a log without its chain. */
import { asSuperuser } from '../../tests/support/scratch-cluster.ts';
import type { BenchDatabase } from '../support/bench-server.ts';

const BARE_LOG = `
  create schema bench authorization postgres;
  create table bench.event_log (like private.event_log including identity including indexes) partition by range (position);
  do $$
  declare
    known private.event_partitions;
  begin
    for known in select * from private.event_partitions loop
      execute format('create table bench.event_log_%s partition of bench.event_log for values from (%s) to (%s)',
        known.first_position, known.first_position, known.end_position);
    end loop;
  end
  $$;
  insert into bench.event_log overriding system value select * from private.event_log;
  select setval('bench.event_log_position_seq', (select last_value from private.event_log_position_seq));
  grant usage on schema bench to postgres;
  alter table bench.event_log owner to postgres`;

/** Creates and fills `bench.event_log`: columns, indexes, partitions and rows of the log, and nothing around them. */
export async function createBareLog({ superuserUrl }: BenchDatabase): Promise<void> {
  await asSuperuser(superuserUrl, BARE_LOG, 'vacuum (analyze) bench.event_log');
}

/** Makes every hash a constant that the planner puts in place of the call. */
export async function removeChain({ superuserUrl }: BenchDatabase): Promise<void> {
  await asSuperuser(
    superuserUrl,
    `create or replace function private.hash_event(
      previous_hash bytea, type_name text, target_id uuid, version bigint, event_id uuid, content text, created_at timestamptz)
    returns bytea language sql stable
    return '\\x${'ab'.repeat(32)}'::bytea`,
  );
}
