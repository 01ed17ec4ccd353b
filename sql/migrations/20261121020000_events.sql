-- Events: the log of every state change. It is the audit trail, the outbox and the history at once.

insert into private.errors (domain, code, status, hint) values
  ('events', 'aggregate_id_invalid', 400, 'Give the aggregate''s uuid.'),
  ('events', 'aggregate_type_invalid', 400, 'Give a name such as Stream: up to 80 letters and digits.'),
  ('events', 'audit_trail_forbidden', 403, 'Give your own user id, or sign in as an admin.'),
  ('events', 'claim_not_found', 404, 'Acknowledge a position that claim_events returned.'),
  ('events', 'consumer_busy', 409,
    'Let its members acknowledge, or their leases run out, then claim with the new size.'),
  ('events', 'consumer_invalid', 400, 'Give a name of 1 to 100 characters.'),
  ('events', 'event_data_invalid', 400,
    'Give an object of at most 64 levels; keep large data elsewhere and store its address here.'),
  ('events', 'event_id_conflict', 409, 'Append the same events again, or events with new ids.'),
  ('events', 'event_log_append_only', 403,
    'Append an event that says what is different now; archive_events detaches old partitions.'),
  ('events', 'event_not_found', 404, 'Snapshot a version that get_events shows.'),
  ('events', 'event_type_invalid', 400,
    'Give a name in the past tense such as StreamStarted: up to 80 letters and digits, a capital first.'),
  ('events', 'events_archived', 410, 'Ask for a later moment or version, or look into the archived partitions.'),
  ('events', 'events_invalid', 400,
    'Give objects of event_type and event_data, and optionally user_id, metadata and event_id.'),
  ('events', 'events_not_claimed', 409, 'Claim events, handle them, then acknowledge the last position.'),
  ('events', 'lease_seconds_invalid', 400, 'Give how long the work on one claim may take.'),
  ('events', 'max_count_invalid', 400, 'Read in pages of at most 1000.'),
  ('events', 'member_invalid', 400, 'Leave it out to take any member that is free.'),
  ('events', 'metadata_invalid', 400, 'Give an object of at most 64 levels, {} for none.'),
  ('events', 'recording_invalid', 400, 'Mend the call of record_events in its migration.'),
  ('events', 'size_invalid', 400, 'Give how many members share the log.'),
  ('events', 'state_invalid', 400, 'Snapshot at most 1 MB and 64 levels; keep large data elsewhere.'),
  ('events', 'version_conflict', 409, 'Read the newer events, decide again, and append with the version that you saw.');

insert into private.settings (key, value, comment) values
  ('events_per_partition', '5000000',
    'Positions that a partition of the event log spans; at least 10000, for partitions to come.'),
  ('events_per_snapshot', '100', 'Events of an aggregate after which its state is snapshotted.');

create table private.event_heads (
  aggregate_type text not null,
  aggregate_id uuid not null,
  version bigint not null,
  hash bytea not null,
  last_event_at timestamptz not null,
  snapshot_due bigint not null,
  primary key (aggregate_id, aggregate_type)
) with (fillfactor = 70);
comment on table private.event_heads is
  'The newest event of each aggregate. Its row is the lock under which an aggregate''s versions are given out without '
  'a gap.';
comment on column private.event_heads.hash is 'Hash of the newest event; the next one is chained to it.';
comment on column private.event_heads.snapshot_due is 'The version at which the next snapshot is taken.';

create table private.event_log (
  position bigint generated always as identity primary key,
  id uuid,
  aggregate_type text not null,
  aggregate_id uuid not null,
  version bigint not null,
  event_type text not null,
  event_data jsonb not null,
  metadata jsonb not null,
  personal bytea,
  user_id uuid,
  created_at timestamptz not null,
  hash bytea not null
) partition by range (position);
comment on table private.event_log is
  'Every event, append-only. A partition spans a range of positions and is detached whole by archive_events.';
comment on column private.event_log.position is
  'Global order; within an aggregate the order of its versions. Numbers of rolled-back transactions are missing.';
comment on column private.event_log.id is
  'The id that the caller gave; null: the event has the one that private.events makes of its position and its '
  'aggregate.';
comment on column private.event_log.version is 'Gapless within the aggregate, from 1.';
comment on column private.event_log.event_type is 'What happened, in the past tense: StreamStarted.';
comment on column private.event_log.event_data is
  'What changed: {"old": {…}, "new": {…}}. Replaying merges `new` into the state; `"new": null` ends it; without '
  '`new` the state stays.';
comment on column private.event_log.metadata is
  'Who did it, {"actor_id", "actor_role"}, and what the application adds.';
comment on column private.event_log.personal is
  'What event_data has "erased" for, encrypted with the key of the user whose history it belongs to; null: nothing '
  'personal.';
comment on column private.event_log.user_id is 'Whose history it belongs to.';
comment on column private.event_log.hash is 'SHA-256 over the previous event''s hash and this event: see hash_event.';
create index event_log_aggregate_idx on private.event_log (aggregate_id, aggregate_type, version);
create index event_log_type_idx on private.event_log (aggregate_type, position);
create index event_log_user_idx on private.event_log (user_id, position desc) where user_id is not null;
create index event_log_id_idx on private.event_log (id) where id is not null;

-- Append-only ----------------------------------------------------------------------------------

create function private.refuse_event_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform private.fail('event_log_append_only', 'The event log can only be appended to.');
  return null;
end
$$;
comment on function private.refuse_event_change() is
  'Trigger: refuses update, delete and truncate for everybody, the owner included (event_log_append_only).';
create trigger event_log_append_only
  before update or delete on private.event_log
  for each row execute function private.refuse_event_change();
create trigger event_log_keep
  before truncate on private.event_log
  for each statement execute function private.refuse_event_change();

-- Partitions -----------------------------------------------------------------------------------

create table private.event_partitions (
  first_position bigint primary key,
  end_position bigint not null check (end_position > first_position),
  table_name text not null,
  detached_at timestamptz
);
comment on table private.event_partitions is
  'Which table holds (or, once detached, held) the positions first_position <= position < end_position.';

create function private.extend_event_log()
returns void
language plpgsql
set search_path = ''
as $$
declare
  newest_position bigint := (select last_value from private.event_log_position_seq);
  span bigint := greatest(private.setting_integer('events_per_partition'), 10000);
  first_position bigint;
  table_name text;
begin
  while (select count(*) from private.event_partitions as known where known.first_position > newest_position) < 2 loop
    first_position := coalesce((select max(end_position) from private.event_partitions), 0);
    table_name := format('private.event_log_%s', first_position);
    execute format('create table %s (like private.event_log including defaults including constraints)', table_name);
    execute format('alter table private.event_log attach partition %s for values from (%s) to (%s)',
      table_name, first_position, first_position + span);
    execute format('create trigger event_log_keep before truncate on %s '
      'for each statement execute function private.refuse_event_change()', table_name);
    insert into private.event_partitions values (first_position, first_position + span, table_name);
  end loop;
end
$$;
comment on function private.extend_event_log() is
  'Makes partitions until two lie ahead of the newest position. Called by every thousandth append: no schedule has to '
  'run for the log to go on.';
select private.extend_event_log();
