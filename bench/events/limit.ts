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

/** The expression of `append_event` that chains an event to the one before it. */
const CHAINING = String.raw`hash = sha256\(.*?\)\)\)\n`;

/** Writes the hash that is there already, in place of the next one. */
export async function removeChain({ superuserUrl }: BenchDatabase): Promise<void> {
  await asSuperuser(
    superuserUrl,
    `do $$
    declare
      chained text := pg_get_functiondef((
        select oid from pg_proc where proname = 'append_event' and pronamespace = 'private'::regnamespace));
      unchained text := regexp_replace(chained, '${CHAINING}', E'hash = head.hash\\n');
    begin
      if unchained = chained then
        raise exception 'append_event does not chain events as this benchmark knows it';
      end if;
      execute unchained;
    end
    $$`,
  );
}
