-- What the migrations make of a database with Supabase's schemas: made by `npm run gen:schema`, not by hand.
-- For reading, and for seeing in a diff what a migration did; it is not meant to be run. Objects stand by schema, kind
-- and name, each with all that belongs to it. Their owner is postgres where nothing else is said, and nothing is granted
-- but what stands here. Left out: the partitions that each day brings, moments, and secrets.

-- Database --------------------------------------------------------------------------------------

create role restream_worker nobypassrls nocreatedb nocreaterole inherit nologin noreplication nosuperuser;
grant restream_worker to postgres with admin option;

create role streams_service nobypassrls nocreatedb nocreaterole inherit nologin noreplication nosuperuser;
grant streams_service to postgres with admin option;

alter default privileges for role postgres revoke execute on functions from public;

alter publication supabase_realtime add table public.stream_requests;
alter publication supabase_realtime add table public.stream_sessions;
alter publication supabase_realtime add table public.streams;

-- Schema private --------------------------------------------------------------------------------

create schema private authorization postgres;
comment on schema private is 'What no browser may read: secrets, settings, helpers. Never exposed through the API.';
grant usage on schema private to anon;
grant usage on schema private to authenticated;
grant usage on schema private to restream_worker;
grant usage on schema private to service_role;
grant usage on schema private to streams_service;

create type private.address as (
  scheme text,
  host text,
  port integer,
  path text,
  query text
);
comment on type private.address is 'The parts of an address: scheme and host in lower case, host without brackets or a dot at its end, path with its first slash, query with its question mark.';

create type private.appended_event as (
  "position" bigint,
  version bigint
);
comment on type private.appended_event is 'Where an event was put: its global position and its version within the aggregate.';

create type private.ingest_attempt as (
  stream_id uuid,
  user_id uuid,
  key_id uuid,
  key_prefix text,
  media_server text,
  publisher_id text,
  client_ip inet
);
comment on type private.ingest_attempt is 'One publish that a media server asks about, as far as it is known.';

create type private.refusal as (
  code text,
  message text,
  limit_count integer,
  active_count integer
);
comment on type private.refusal is 'Why a session may not start, with the limit that was applied and what was counted against it; nothing where it may.';

create type private.viewer_sample as (
  stream_id uuid,
  session_id uuid,
  at_ms bigint,
  viewers integer,
  peak integer,
  uniques integer,
  viewer_seconds bigint
);
comment on type private.viewer_sample is 'A sample as record_viewers gets it.';

create table private.admission_log (
  id bigint generated always as identity not null,
  created_at timestamp with time zone default now() not null,
  admitted boolean not null,
  rule text not null,
  message text,
  stream_id uuid,
  user_id uuid,
  session_id uuid,
  media_server text not null,
  publisher_id text not null,
  client_ip inet,
  key_prefix text,
  limit_count integer,
  active_count integer
) partition by RANGE (created_at);
comment on table private.admission_log is 'Every answer of begin_ingest: admitted or refused, by which rule, with the numbers it saw. Kept for 90 days.';
comment on column private.admission_log.rule is 'admitted, resumed, or the code of the refusal.';
comment on column private.admission_log.key_prefix is 'First 8 characters of a key of the right form; **** for anything else.';
comment on column private.admission_log.limit_count is 'The limit that was applied.';
comment on column private.admission_log.active_count is 'What was counted against it.';
CREATE INDEX admission_log_stream_idx ON ONLY private.admission_log USING btree (stream_id, created_at DESC);

create table private.admission_log_default partition of private.admission_log DEFAULT;

create view private.ended_sessions as
 SELECT id,
    user_id,
        CASE
            WHEN disconnected_at IS NOT NULL THEN 'disconnected'::text
            ELSE 'lease_expired'::text
        END AS reason,
    COALESCE(disconnected_at, last_seen_at) AS ended_at
   FROM public.stream_sessions
  WHERE is_active AND kind = 'ingest'::text AND (disconnected_at < (( SELECT now() - private.setting_seconds('ingest_reconnect_grace_seconds'::text))) OR disconnected_at IS NULL AND last_seen_at < (( SELECT now() - private.setting_seconds('ingest_lease_seconds'::text))));
comment on view private.ended_sessions is 'Active ingest sessions that came to their end, and when: the publisher went and the grace is over, or the lease ran out.';

create table private.event_consumer_members (
  consumer text not null,
  member integer not null,
  size integer not null,
  acknowledged_position bigint default 0 not null,
  claimed_position bigint,
  leased_until timestamp with time zone,
  constraint event_consumer_members_pkey PRIMARY KEY (consumer, member)
);
comment on table private.event_consumer_members is 'How far each of a consumer''s members has come. Member m of size n has the aggregates whose hash is m modulo n.';
comment on column private.event_consumer_members.claimed_position is 'The last position that was handed out under the lease.';
comment on column private.event_consumer_members.leased_until is 'Until then nobody else is handed this member''s events; null: free.';
insert into private.event_consumer_members (consumer, member, size, acknowledged_position, claimed_position) values ('redis-streams', '0', '1', '0', NULL);

create view private.event_consumers as
 SELECT consumer,
    size,
    min(acknowledged_position) AS acknowledged_position,
    GREATEST((( SELECT event_log_position_seq.last_value
           FROM private.event_log_position_seq)) - min(acknowledged_position), 0::bigint) AS lag,
    count(*) FILTER (WHERE leased_until > now()) AS leased_members
   FROM private.event_consumer_members
  GROUP BY consumer, size;
comment on view private.event_consumers is 'Consumers with how far the slowest member has come, and how many positions it lags behind the newest.';

create table private.event_heads (
  aggregate_type text not null,
  aggregate_id uuid not null,
  version bigint not null,
  hash bytea not null,
  last_event_at timestamp with time zone not null,
  snapshot_due bigint not null,
  constraint event_heads_pkey PRIMARY KEY (aggregate_id, aggregate_type)
) with (fillfactor=70);
comment on table private.event_heads is 'The newest event of each aggregate. Its row is the lock under which an aggregate''s versions are given out without a gap.';
comment on column private.event_heads.hash is 'Hash of the newest event; the next one is chained to it.';
comment on column private.event_heads.snapshot_due is 'The version at which the next snapshot is taken.';

create table private.event_log (
  "position" bigint generated always as identity not null,
  id uuid,
  aggregate_type text not null,
  aggregate_id uuid not null,
  version bigint not null,
  event_type text not null,
  event_data jsonb not null,
  metadata jsonb not null,
  user_id uuid,
  created_at timestamp with time zone not null,
  hash bytea not null,
  constraint event_log_pkey PRIMARY KEY ("position")
) partition by RANGE ("position");
comment on table private.event_log is 'Every event, append-only. A partition spans a range of positions and is detached whole by archive_events.';
comment on column private.event_log."position" is 'Global order; within an aggregate the order of its versions. Numbers of rolled-back transactions are missing.';
comment on column private.event_log.id is 'The id that the caller gave; null: the event has the one that private.events makes of its position and its aggregate.';
comment on column private.event_log.version is 'Gapless within the aggregate, from 1.';
comment on column private.event_log.event_type is 'What happened, in the past tense: StreamStarted.';
comment on column private.event_log.event_data is 'What changed: {"old": {…}, "new": {…}}. Replaying merges `new` into the state; `"new": null` ends it; without `new` the state stays.';
comment on column private.event_log.metadata is 'Who did it, {"actor_id", "actor_role"}, and what the application adds.';
comment on column private.event_log.user_id is 'Whose history it belongs to.';
comment on column private.event_log.hash is 'SHA-256 over the previous event''s hash and this event: see hash_event.';
CREATE INDEX event_log_aggregate_idx ON ONLY private.event_log USING btree (aggregate_id, aggregate_type, version);
CREATE INDEX event_log_id_idx ON ONLY private.event_log USING btree (id) WHERE id IS NOT NULL;
CREATE INDEX event_log_type_idx ON ONLY private.event_log USING btree (aggregate_type, "position");
CREATE INDEX event_log_user_idx ON ONLY private.event_log USING btree (user_id, "position" DESC) WHERE user_id IS NOT NULL;
CREATE TRIGGER event_log_append_only BEFORE DELETE OR UPDATE ON private.event_log FOR EACH ROW EXECUTE FUNCTION private.refuse_event_change();
CREATE TRIGGER event_log_keep BEFORE TRUNCATE ON private.event_log FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_event_change();

create table private.event_log_0 partition of private.event_log FOR VALUES FROM ('0') TO ('5000000');
CREATE TRIGGER event_log_keep BEFORE TRUNCATE ON private.event_log_0 FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_event_change();

create table private.event_log_10000000 partition of private.event_log FOR VALUES FROM ('10000000') TO ('15000000');
CREATE TRIGGER event_log_keep BEFORE TRUNCATE ON private.event_log_10000000 FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_event_change();

create table private.event_log_5000000 partition of private.event_log FOR VALUES FROM ('5000000') TO ('10000000');
CREATE TRIGGER event_log_keep BEFORE TRUNCATE ON private.event_log_5000000 FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_event_change();

create table private.event_partitions (
  first_position bigint not null,
  end_position bigint not null,
  table_name text not null,
  detached_at timestamp with time zone,
  constraint event_partitions_pkey PRIMARY KEY (first_position),
  constraint event_partitions_check CHECK (end_position > first_position)
);
comment on table private.event_partitions is 'Which table holds (or, once detached, held) the positions first_position <= position < end_position.';
insert into private.event_partitions (first_position, end_position, table_name) values ('0', '5000000', 'private.event_log_0');
insert into private.event_partitions (first_position, end_position, table_name) values ('10000000', '15000000', 'private.event_log_10000000');
insert into private.event_partitions (first_position, end_position, table_name) values ('5000000', '10000000', 'private.event_log_5000000');

create table private.event_snapshots (
  aggregate_type text not null,
  aggregate_id uuid not null,
  version bigint not null,
  state jsonb,
  hash bytea not null,
  created_at timestamp with time zone not null,
  constraint event_snapshots_pkey PRIMARY KEY (aggregate_type, aggregate_id, version)
);
comment on table private.event_snapshots is 'The state of an aggregate after one of its events, so that replaying need not begin at the first.';
comment on column private.event_snapshots.state is 'Null: the aggregate had ended.';
comment on column private.event_snapshots.hash is 'Hash of that event; the chain goes on from here where older events are archived.';
comment on column private.event_snapshots.created_at is 'When that event happened.';

create table private.event_watermark (
  singleton boolean default true not null,
  settled_position bigint default 0 not null,
  pending_position bigint,
  pending_xid xid8,
  constraint event_watermark_pkey PRIMARY KEY (singleton),
  constraint event_watermark_singleton_check CHECK (singleton)
);
comment on table private.event_watermark is 'How far the event log is known to be settled: no event can appear at or below settled_position any more. Readers move it.';
comment on column private.event_watermark.pending_position is 'What will be settled once every transaction older than pending_xid has ended.';
insert into private.event_watermark (singleton, settled_position, pending_position, pending_xid) values ('true', '0', NULL, NULL);

create view private.events as
 SELECT "position",
    COALESCE(id, encode(("substring"(int8send("position"), 3) || '\x8000'::bytea) || "substring"(uuid_send(aggregate_id), 9), 'hex'::text)::uuid) AS id,
    aggregate_type,
    aggregate_id,
    version,
    event_type,
    event_data,
    metadata,
    user_id,
    created_at
   FROM private.event_log;
comment on view private.events is 'The event log in the columns of public.event. An event without an id of its own has one of UUID version 8: 48 bits of its position, then the latter half of its aggregate''s id. It costs an append nothing, is found by its position, and sorts as the log does.';

create table private.job_leases (
  job_name text not null,
  run_id bigint not null,
  began_at timestamp with time zone not null,
  leased_until timestamp with time zone not null,
  constraint job_leases_pkey PRIMARY KEY (job_name),
  constraint job_leases_job_name_fkey FOREIGN KEY (job_name) REFERENCES private.scheduled_jobs(name) ON UPDATE CASCADE ON DELETE CASCADE
);
comment on table private.job_leases is 'The one run that a job may have at a time.';
comment on column private.job_leases.leased_until is 'Until then no other run of the job begins, unless this one finishes.';

create table private.job_runs (
  id bigint generated always as identity not null,
  created_at timestamp with time zone default now() not null,
  job_name text not null,
  finished_at timestamp with time zone,
  ok boolean,
  result jsonb,
  error text
) partition by RANGE (created_at);
comment on table private.job_runs is 'Each run of a scheduled job, from created_at to finished_at. Kept for 14 days. Admins read it through get_job_runs.';
comment on column private.job_runs.ok is 'Whether it did all it had to; null while it runs.';
comment on column private.job_runs.result is 'What it did, step by step.';
comment on column private.job_runs.error is 'Why it failed.';
CREATE INDEX job_runs_name_idx ON ONLY private.job_runs USING btree (job_name, created_at DESC);

create table private.job_runs_default partition of private.job_runs DEFAULT;

create table private.log_tables (
  table_name text not null,
  period text not null,
  keep_for interval not null,
  constraint log_tables_pkey PRIMARY KEY (table_name),
  constraint log_tables_period_check CHECK (period = ANY (ARRAY['day'::text, 'month'::text]))
);
comment on table private.log_tables is 'The partitioned log tables: how much time a partition holds, and how long it is kept.';
insert into private.log_tables (table_name, period, keep_for) values ('private.admission_log', 'month', '90 days');
insert into private.log_tables (table_name, period, keep_for) values ('private.job_runs', 'day', '14 days');
insert into private.log_tables (table_name, period, keep_for) values ('private.stream_health', 'day', '30 days');
insert into private.log_tables (table_name, period, keep_for) values ('private.viewer_samples', 'day', '90 days');

create view private.lost_sessions as
 SELECT session.id,
    session.user_id,
    session.status,
    job.requeue_count,
        CASE
            WHEN job.lease_expires_at <= now() THEN 'lease_expired'::text
            ELSE 'not_started'::text
        END AS reason
   FROM private.restream_jobs job
     JOIN public.stream_sessions session ON session.id = job.session_id
  WHERE job.lease_expires_at <= now() OR job.starting_since <= (( SELECT now() - private.setting_seconds('restream_start_seconds'::text)));
comment on view private.lost_sessions is 'Restream sessions whose worker''s lease ran out, or that have been starting for too long.';

create table private.restream_jobs (
  session_id uuid not null,
  request_id uuid not null,
  source_url text,
  is_storage boolean not null,
  requeue_count integer default 0 not null,
  starting_since timestamp with time zone default now(),
  queued_at timestamp with time zone default now(),
  lease_seconds integer,
  lease_expires_at timestamp with time zone,
  constraint restream_jobs_pkey PRIMARY KEY (session_id),
  constraint restream_jobs_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.stream_requests(id) ON DELETE CASCADE,
  constraint restream_jobs_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.stream_sessions(id) ON DELETE CASCADE
) with (fillfactor=70);
comment on table private.restream_jobs is 'What a worker needs for an active restream session, and who holds it until when. The worker''s id is in stream_sessions.';
comment on column private.restream_jobs.source_url is 'Where the worker reads the video; for a file in storage a signed URL, null until it is provided.';
comment on column private.restream_jobs.starting_since is 'Since when the session has been starting; null once it ran.';
comment on column private.restream_jobs.queued_at is 'Since when it waits for a worker; null while a worker has it.';
comment on column private.restream_jobs.lease_expires_at is 'Until when its worker has it; null while none has.';
CREATE INDEX restream_jobs_lease_idx ON private.restream_jobs USING btree (lease_expires_at) WHERE lease_expires_at IS NOT NULL;
CREATE INDEX restream_jobs_queue_idx ON private.restream_jobs USING btree (queued_at) WHERE queued_at IS NOT NULL AND source_url IS NOT NULL;
CREATE INDEX restream_jobs_request_idx ON private.restream_jobs USING btree (request_id);
CREATE INDEX restream_jobs_starting_idx ON private.restream_jobs USING btree (starting_since) WHERE starting_since IS NOT NULL;
CREATE TRIGGER restream_jobs_announce AFTER INSERT OR UPDATE OF queued_at, source_url ON private.restream_jobs FOR EACH ROW WHEN (new.queued_at IS NOT NULL AND new.source_url IS NOT NULL) EXECUTE FUNCTION private.announce_job();

create table private.scheduled_jobs (
  name text not null,
  schedule text not null,
  function_name text not null,
  enabled boolean default true not null,
  timeout_seconds integer default 60 not null,
  constraint scheduled_jobs_pkey PRIMARY KEY (name),
  constraint scheduled_jobs_function_name_check CHECK (function_name ~ '^[a-z][a-z0-9_-]{0,62}$'::text),
  constraint scheduled_jobs_name_check CHECK (name ~ '^[a-z][a-z0-9-]{0,62}$'::text),
  constraint scheduled_jobs_schedule_check CHECK (schedule ~ '^\S+( \S+){4,5}$'::text),
  constraint scheduled_jobs_timeout_seconds_check CHECK (timeout_seconds >= 1 AND timeout_seconds <= 3600)
);
comment on table private.scheduled_jobs is 'The only list of what runs on a schedule. The local scheduler sees a change within seconds; on Supabase run private.install_schedules again.';
comment on column private.scheduled_jobs.schedule is 'A cron expression in UTC of five fields, or of six that begin with seconds.';
comment on column private.scheduled_jobs.function_name is 'The edge function that is called with a secret key.';
comment on column private.scheduled_jobs.enabled is 'false: no schedule calls it; by hand it still can be.';
comment on column private.scheduled_jobs.timeout_seconds is 'How long a run may take; after that it is recorded as failed and the job may run again.';
insert into private.scheduled_jobs (name, schedule, function_name, enabled, timeout_seconds) values ('cleanup', '*/10 * * * * *', 'cleanup', 'true', '60');
insert into private.scheduled_jobs (name, schedule, function_name, enabled, timeout_seconds) values ('flush-viewers', '*/10 * * * * *', 'flush-viewers', 'true', '60');

create table private.secrets (
  name text not null,
  secret bytea not null,
  created_at timestamp with time zone default now() not null,
  constraint secrets_pkey PRIMARY KEY (name)
);
comment on table private.secrets is 'Keys that the database signs with. Made by the migration that needs them; nothing outside this schema reads them.';
insert into private.secrets (name) values ('playback');

create table private.settings (
  key text not null,
  value jsonb not null,
  comment text not null,
  constraint settings_pkey PRIMARY KEY (key)
);
comment on table private.settings is 'What an operator may tune, one row a setting. The JSON type of a value never changes; admins change a value through public.set_setting.';
CREATE TRIGGER settings_apply_default_streams_allowed AFTER UPDATE ON private.settings FOR EACH ROW WHEN (new.key = 'default_streams_allowed'::text AND old.value IS DISTINCT FROM new.value) EXECUTE FUNCTION private.apply_default_streams_allowed();
insert into private.settings (key, value, comment) values ('allowed_source_hosts', '[]', 'Hosts ("host" or "host:port") that videos may come from although they are not public. For development.');
insert into private.settings (key, value, comment) values ('allowed_target_hosts', '[]', 'Hosts ("host" or "host:port") that may be pushed to although they are not public. For development.');
insert into private.settings (key, value, comment) values ('approval_required', 'true', 'Whether an admin must approve a restream request; if not, a request is approved by itself.');
insert into private.settings (key, value, comment) values ('default_streams_allowed', '1', 'Streams that a user without a package, or with an expired one, may run at once.');
insert into private.settings (key, value, comment) values ('events_per_partition', '5000000', 'Positions that a partition of the event log spans; at least 10000, for partitions to come.');
insert into private.settings (key, value, comment) values ('events_per_snapshot', '100', 'Events of an aggregate after which its state is snapshotted.');
insert into private.settings (key, value, comment) values ('functions_secret_name', '""', 'Name of the Vault secret that holds the secret key for these calls; written by install_schedules.');
insert into private.settings (key, value, comment) values ('functions_url', '""', 'Where pg_cron calls the edge functions, such as https://<project>.supabase.co/functions/v1; written by install_schedules.');
insert into private.settings (key, value, comment) values ('ingest_lease_seconds', '90', 'How long a session lives without word from its media server (nginx-rtmp reports every 30 s, the local one every 10 s).');
insert into private.settings (key, value, comment) values ('ingest_reconnect_grace_seconds', '60', 'How long a publisher that went may come back to its session.');
insert into private.settings (key, value, comment) values ('ingest_refusal_memory_seconds', '10', 'How long a refused publisher that asks again gets the same answer; some servers ask twice for each publish.');
insert into private.settings (key, value, comment) values ('max_open_requests_per_user', '20', 'Restream requests that a user may have pending, approved or streaming.');
insert into private.settings (key, value, comment) values ('max_streams_per_user', '100', 'Streams that a user may own.');
insert into private.settings (key, value, comment) values ('playback_flv_url', '"http://127.0.0.1:8000/live/{stream_id}.flv"', 'Address of a live stream as HTTP-FLV; empty: not offered.');
insert into private.settings (key, value, comment) values ('playback_hls_url', '""', 'Address of a live stream as HLS; empty: not offered.');
insert into private.settings (key, value, comment) values ('playback_token_seconds', '3600', 'How long a playback address of an unlisted or private stream can be opened.');
insert into private.settings (key, value, comment) values ('restream_max_requeues', '3', 'How often a session is queued anew after its worker was lost; then it ends in error.');
insert into private.settings (key, value, comment) values ('restream_start_seconds', '300', 'How long a session may wait to run, for a worker or for its source, before it is queued anew.');
insert into private.settings (key, value, comment) values ('rtmp_url', '"rtmp://127.0.0.1:1935/live"', 'Where broadcasters push; shown by create_stream.');
insert into private.settings (key, value, comment) values ('stream_categories', '["art", "education", "gaming", "irl", "music", "news", "sports", "talk", "technology", "other"]', 'What streams.category may be.');
insert into private.settings (key, value, comment) values ('stream_settings_types', '{"mature": "boolean", "record": "boolean", "language": "string", "low_latency": "boolean", "chat_enabled": "boolean"}', 'Keys of streams.settings that have a type: boolean, number, string, array or object.');
insert into private.settings (key, value, comment) values ('viewer_address_requests_burst', '200', 'Requests that one address may send at once.');
insert into private.settings (key, value, comment) values ('viewer_address_requests_per_second', '50', 'Requests per second that one address may send, once its burst is used up.');
insert into private.settings (key, value, comment) values ('viewer_beats_burst', '5', 'Beats that a viewer may send at once.');
insert into private.settings (key, value, comment) values ('viewer_beats_per_second', '1', 'Beats that a viewer may send per second, once its burst is used up.');
insert into private.settings (key, value, comment) values ('viewer_heartbeat_seconds', '15', 'How often a viewer shall beat; told to it when it joins.');
insert into private.settings (key, value, comment) values ('viewer_ttl_seconds', '45', 'How long a viewer counts after its last beat.');

create table private.stream_health (
  session_id uuid not null,
  created_at timestamp with time zone default now() not null,
  bitrate_kbps numeric(10,1),
  fps numeric(8,2),
  speed numeric(8,3),
  dropped_frames integer,
  out_seconds numeric(12,1)
) partition by RANGE (created_at);
comment on table private.stream_health is 'How a restream went, every 10 s as its worker renewed it. Kept for 30 days.';
comment on column private.stream_health.speed is 'Video seconds pushed per second; below 1 the worker is too slow.';
comment on column private.stream_health.out_seconds is 'Video seconds pushed since ffmpeg began.';
CREATE INDEX stream_health_session_idx ON ONLY private.stream_health USING btree (session_id, created_at DESC);

create table private.stream_health_default partition of private.stream_health DEFAULT;

create table private.stream_keys (
  id uuid default gen_random_uuid() not null,
  stream_id uuid not null,
  secret_hash bytea not null,
  prefix text not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  refused_publisher text,
  refused_at timestamp with time zone,
  refusal_code text,
  refusal_message text,
  constraint stream_keys_pkey PRIMARY KEY (id),
  constraint stream_keys_secret_hash_key UNIQUE (secret_hash),
  constraint stream_keys_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES public.streams(id) ON DELETE CASCADE
) with (fillfactor=80);
comment on table private.stream_keys is 'What a stream''s keys are recognised by. The secret itself is shown once and stored nowhere.';
comment on column private.stream_keys.secret_hash is 'SHA-256 of the secret: 192 random bits need no slow hash.';
comment on column private.stream_keys.prefix is 'The secret''s first 8 characters, to recognise it by.';
comment on column private.stream_keys.last_used_at is 'When a publisher last presented it, to the minute.';
comment on column private.stream_keys.refused_publisher is 'Who was last refused with it (media server and publisher id), when and why: some servers ask twice for each publish.';
CREATE INDEX stream_keys_stream_idx ON private.stream_keys USING btree (stream_id);

create table private.stream_request_secrets (
  request_id uuid not null,
  video_source text not null,
  rtmp_url text not null,
  constraint stream_request_secrets_pkey PRIMARY KEY (request_id),
  constraint stream_request_secrets_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.stream_requests(id) ON DELETE CASCADE
);
comment on table private.stream_request_secrets is 'A request''s addresses as they were given, with their keys. Only claim_session hands them out, to a worker.';

create table private.viewer_samples (
  created_at timestamp with time zone not null,
  stream_id uuid not null,
  session_id uuid not null,
  viewer_count integer not null,
  peak_viewers integer not null,
  unique_viewers integer not null,
  viewer_seconds bigint not null,
  constraint viewer_samples_pkey PRIMARY KEY (session_id, created_at)
) partition by RANGE (created_at);
comment on table private.viewer_samples is 'What Redis had counted for a session at created_at, every 10 seconds: peak_viewers since the sample before, unique_viewers and viewer_seconds since the session began. Kept for 90 days. Read through get_viewer_history.';
CREATE INDEX viewer_samples_stream_idx ON ONLY private.viewer_samples USING btree (stream_id, created_at);

create table private.viewer_samples_default partition of private.viewer_samples DEFAULT;

CREATE OR REPLACE FUNCTION private.acknowledge_events(consumer_name text, handled_position bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  handled_id uuid;
  slot private.event_consumer_members;
begin
  select aggregate_id into handled_id from private.event_log where position = handled_position;
  select * into slot from private.event_consumer_members
  where consumer = consumer_name and member = private.member_of(handled_id, size)
  for update;
  if slot.member is null then
    perform private.fail(404, 'claim_not_found', format('Consumer %s was never handed the position %s.', consumer_name, coalesce(handled_position::text, 'null')),
      'Acknowledge a position that claim_events returned.');
  elsif slot.acknowledged_position >= handled_position then
    return false;
  elsif slot.claimed_position is null or slot.claimed_position < handled_position then
    perform private.fail(409, 'events_not_claimed', format('The position %s has not been claimed by consumer %s.', handled_position, consumer_name),
      'Claim events, handle them, then acknowledge the last position.');
  end if;
  update private.event_consumer_members
  set acknowledged_position = handled_position,
      leased_until = case when handled_position < claimed_position then leased_until end,
      claimed_position = case when handled_position < claimed_position then claimed_position end
  where consumer = slot.consumer and member = slot.member;
  return true;
end
$function$;
comment on function private.acknowledge_events(text,bigint) is 'See public.acknowledge_events.';
grant execute on function private.acknowledge_events(text,bigint) to service_role;

CREATE OR REPLACE FUNCTION private.add_stream(owner_id uuid, new_title text, new_description text, new_visibility text, new_category text, new_settings jsonb)
 RETURNS public.streams
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  owned_count integer;
  created public.streams;
begin
  perform from public.users where id = owner_id for no key update;
  select count(*) into owned_count from public.streams where user_id = owner_id;
  if owned_count >= private.setting_integer('max_streams_per_user') then
    perform private.fail(409, 'max_streams_reached',
      format('You own %s streams; the limit is %s.', owned_count, private.setting_integer('max_streams_per_user')),
      'Delete a stream that you no longer need.');
  end if;
  perform private.create_profile(account) from auth.users as account
  where id = owner_id and not exists (select from public.profiles where profiles.id = owner_id);
  insert into public.streams (user_id, title, description, visibility, category, settings)
  values (owner_id, new_title, new_description, new_visibility, new_category, new_settings)
  returning * into created;
  return created;
end
$function$;
comment on function private.add_stream(uuid,text,text,text,text,jsonb) is 'Makes a user''s stream, without a key. Raises PT400 <field>_invalid, PT409 max_streams_reached.';

CREATE OR REPLACE FUNCTION private.admit_ingest(attempt private.ingest_attempt, session public.stream_sessions, rule text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.log_admission(attempt, rule, null, session.id, null, null);
  return private.describe_admission(session);
end
$function$;
comment on function private.admit_ingest(private.ingest_attempt,public.stream_sessions,text) is 'Records an admission and answers it.';

CREATE OR REPLACE FUNCTION private.admit_restream(stream public.streams)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  refusal private.refusal;
  answer jsonb;
begin
  perform private.stop_ended_sessions(stream.user_id);
  refusal := private.find_closed_refusal(stream);
  if refusal.code is null then
    refusal := private.find_limit_refusal(stream.user_id);
  end if;
  if refusal.code is not null then
    answer := private.describe_refusal(refusal.code, refusal.message);
    perform private.fail((answer ->> 'status')::integer, refusal.code, refusal.message, answer ->> 'hint');
  end if;
end
$function$;
comment on function private.admit_restream(public.streams) is 'The rules of admission for one more session. The caller has locked the user''s row. Raises PT402 stream_limit_reached, PT403 stream_disabled, PT410 stream_expired.';

CREATE OR REPLACE FUNCTION private.announce_deleted_session()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.notify_workers(old.id, old.worker_id, 'deleted');
  return null;
end
$function$;
comment on function private.announce_deleted_session() is 'Trigger: a session''s worker is told that it is gone, with its stream or its user.';

CREATE OR REPLACE FUNCTION private.announce_event(event private.event_log)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if event.event_type in ('StreamStarted', 'StreamEnded', 'StreamDisabled', 'StreamEnabled', 'StreamDeleted') then
    perform private.send_status(event);
  elsif event.user_id is not null then
    perform private.send_user_notice(event);
  end if;
end
$function$;
comment on function private.announce_event(private.event_log) is 'What else happens in the transaction that appends an event of the types in is_announced. A later domain puts it here in place of nothing.';

CREATE OR REPLACE FUNCTION private.announce_job()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.notify_workers(new.session_id, null, 'starting');
  return null;
end
$function$;
comment on function private.announce_job() is 'Trigger: a job can be claimed.';

CREATE OR REPLACE FUNCTION private.append_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  left_out text[] := coalesce(string_to_array(tg_argv[2], ','), '{}');
  old_row jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  new_row jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  subject jsonb := coalesce(new_row, old_row);
  before jsonb;
  after jsonb;
  final_column text;
begin
  if tg_op <> 'UPDATE' then
    before := old_row - left_out;
    after := new_row - left_out;
  else
    select jsonb_object_agg(key, old_row -> key), jsonb_object_agg(key, value) into before, after
    from jsonb_each(new_row) where value <> old_row -> key and key <> all (left_out);
    if after is null then
      return null;
    end if;
    foreach final_column in array coalesce(string_to_array(tg_argv[3], ','), '{}') loop
      after := after || jsonb_build_object(final_column, new_row -> final_column);
    end loop;
  end if;
  perform private.append_event(tg_argv[0], (subject ->> 'id')::uuid, tg_argv[1],
    case when before is null then jsonb_build_object('new', after) else jsonb_build_object('old', before, 'new', after) end,
    user_id => coalesce(subject ->> 'user_id', subject ->> 'id')::uuid, metadata => private.event_actor(), is_trusted => true);
  return null;
end
$function$;
comment on function private.append_change() is 'Trigger after insert, update or delete: appends the row''s change as an event. Arguments: aggregate type, event type, and, separated by commas, the columns that are left out (live counters, heartbeats) and those of them whose final values an update records. An update that changes only what is left out appends nothing. The row''s id is the aggregate; its user_id, or else its id, is the user whose history it belongs to.';

CREATE OR REPLACE FUNCTION private.append_event(type_name text, target_id uuid, event_type text, event_data jsonb, expected_version bigint DEFAULT NULL::bigint, user_id uuid DEFAULT NULL::uuid, metadata jsonb DEFAULT '{}'::jsonb, event_id uuid DEFAULT NULL::uuid, is_trusted boolean DEFAULT false)
 RETURNS private.appended_event
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  moment timestamptz := clock_timestamp();
  content text := concat_ws(chr(30), event_type, event_data, metadata, user_id);
  new_version bigint;
  new_hash bytea;
  due_version bigint;
  event_position bigint;
begin
  -- Checked in full only where this does not hold; the type and the id of the aggregate are checked with its head.
  if (is_trusted or octet_length(content) <= 16384 and jsonb_typeof(event_data) = 'object' and jsonb_typeof(metadata) = 'object'
    and ltrim(event_type, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ') = '' and ascii(event_type) between 65 and 90 and length(event_type) <= 80) is not true then
    perform private.check_event(type_name, target_id, event_type, event_data, metadata);
  end if;
  if event_id is not null then
    select known.position, known.version into event_position, new_version from private.find_appended(event_id) as known;
    if event_position is not null then
      return (event_position, new_version);
    end if;
  end if;
  update private.event_heads as head
  set version = head.version + 1,
      last_event_at = greatest(head.last_event_at, moment),
      -- As hash_event, which proves it; written out, because a call would cost every append.
      hash = sha256(head.hash || convert_to(concat_ws(chr(30), type_name, target_id, head.version + 1, event_id, content), 'utf8')
        || timestamptz_send(greatest(head.last_event_at, moment)))
  where head.aggregate_type = type_name and head.aggregate_id = target_id
    and (expected_version is null or head.version = expected_version)
  returning head.version, head.last_event_at, head.hash, head.snapshot_due into new_version, moment, new_hash, due_version;
  if not found then
    if not is_trusted then
      perform private.check_event(type_name, target_id, event_type, event_data, metadata);
    end if;
    perform private.create_head(type_name, target_id, expected_version);
    return private.append_event(type_name, target_id, event_type, event_data, expected_version, user_id, metadata, event_id, is_trusted);
  end if;
  -- The position is drawn after the head is locked: so it follows the versions, and so the transaction has its id
  -- before its positions, which is what settle_events builds on.
  insert into private.event_log (id, aggregate_type, aggregate_id, version, event_type, event_data, metadata, user_id, created_at, hash)
  values (event_id, type_name, target_id, new_version, event_type, event_data, metadata, user_id, moment, new_hash)
  returning event_log.position into event_position;
  if is_trusted and private.is_announced(event_type) then
    perform private.announce_event(row(event_position, event_id, type_name, target_id, new_version, event_type, event_data, metadata, user_id,
      moment, new_hash)::private.event_log);
  end if;
  if new_version >= due_version or event_position % 1000 = 0 then
    perform private.follow_up(type_name, target_id, event_position);
  end if;
  return (event_position, new_version);
end
$function$;
comment on function private.append_event(text,uuid,text,jsonb,bigint,uuid,jsonb,uuid,boolean) is 'See public.append_event; everything that appends comes here. is_trusted: the event is the database''s own, of any size.';
grant execute on function private.append_event(text,uuid,text,jsonb,bigint,uuid,jsonb,uuid,boolean) to service_role;

CREATE OR REPLACE FUNCTION private.append_events(type_name text, target_id uuid, events jsonb, expected_version bigint)
 RETURNS private.appended_event
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  given jsonb;
  known_count integer;
  next_version bigint := expected_version;
  appended private.appended_event;
begin
  if coalesce(jsonb_typeof(events), '') <> 'array' or jsonb_array_length(events) not between 1 and 1000 then
    perform private.fail(400, 'events_invalid', 'events must be a JSON array of 1 to 1000 events.',
      'Give objects of event_type and event_data, and optionally user_id, metadata and event_id.');
  end if;
  select count(*), max(known.position), max(known.version) into known_count, appended.position, appended.version
  from jsonb_array_elements(events) as element, private.find_appended((element ->> 'event_id')::uuid) as known
  where element ->> 'event_id' is not null and known.position is not null;
  if known_count = jsonb_array_length(events) then
    return appended;
  elsif known_count > 0 then
    perform private.fail(409, 'event_id_conflict', format('%s of %s events have been appended before.', known_count, jsonb_array_length(events)),
      'Append the same events again, or events with new ids.');
  end if;
  for given in select element from jsonb_array_elements(events) as element loop
    appended := private.append_event(type_name, target_id, given ->> 'event_type', given -> 'event_data', next_version,
      (given ->> 'user_id')::uuid, coalesce(given -> 'metadata', '{}'), (given ->> 'event_id')::uuid);
    next_version := appended.version;
  end loop;
  return appended;
end
$function$;
comment on function private.append_events(text,uuid,jsonb,bigint) is 'See public.append_events.';
grant execute on function private.append_events(text,uuid,jsonb,bigint) to service_role;

CREATE OR REPLACE FUNCTION private.append_notice(type_name text, target_id uuid, event_type text, event_data jsonb, owner_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.append_event(type_name, target_id, event_type, event_data, user_id => owner_id, metadata => private.event_actor(), is_trusted => true);
end
$function$;
comment on function private.append_notice(text,uuid,text,jsonb,uuid) is 'Appends what happened to an aggregate without changing its row: event_data has no `new`. For other functions only.';

CREATE OR REPLACE FUNCTION private.apply_default_streams_allowed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.users set streams_allowed = (new.value #>> '{}')::integer
  where package_type is null or package_expires_at <= now();
  return null;
end
$function$;
comment on function private.apply_default_streams_allowed() is 'Trigger: users without a running package follow a change of the setting default_streams_allowed.';

CREATE OR REPLACE FUNCTION private.apply_package_to_users()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.users set streams_allowed = new.streams_allowed where package_type = new.id;
  return null;
end
$function$;
comment on function private.apply_package_to_users() is 'Trigger: users of a package follow a change of its streams_allowed.';

CREATE OR REPLACE FUNCTION private.apply_restream_session()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if new.worker_id is not null then
    perform private.notify_workers(new.id, new.worker_id, new.status);
  end if;
  if not new.is_active then
    delete from private.restream_jobs where session_id = new.id;
    update public.stream_requests set status = 'stopped', stopped_at = new.stopped_at where session_id = new.id and status = 'streaming';
  end if;
  return null;
end
$function$;
comment on function private.apply_restream_session() is 'Trigger: a session that stops tells its worker; one that ended leaves the queue, and its request is stopped.';

CREATE OR REPLACE FUNCTION private.apply_samples(samples private.viewer_sample[])
 RETURNS SETOF public.streams
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.stream_sessions as session
  set peak_viewers = greatest(session.peak_viewers, sample.peak),
      unique_viewers = greatest(session.unique_viewers, sample.uniques),
      viewer_seconds = greatest(session.viewer_seconds, sample.viewer_seconds),
      average_viewers = greatest(session.viewer_seconds, sample.viewer_seconds)
        / greatest(sample.at_ms / 1000.0 - extract(epoch from session.started_at), 1)
  from unnest(samples) as sample
  where session.id = sample.session_id;
  return query
    update public.streams as stream
    set viewer_count = case when session.is_active then sample.viewers else 0 end, peak_viewers = greatest(stream.peak_viewers, sample.peak)
    from unnest(samples) as sample
    join public.stream_sessions as session on session.id = sample.session_id
    where stream.id = sample.stream_id
      and ((session.is_active and stream.viewer_count <> sample.viewers)
        or ((session.is_active or stream.ended_at = session.stopped_at) and stream.peak_viewers < sample.peak))
    returning stream.*;
end
$function$;
comment on function private.apply_samples(private.viewer_sample[]) is 'Writes samples to their sessions and streams, and returns the streams whose numbers changed. A stream keeps the numbers of its next session from those of the last.';

CREATE OR REPLACE FUNCTION private.apply_session()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  session public.stream_sessions := coalesce(new, old);
begin
  if session.kind = 'ingest' then
    perform private.apply_session_to_stream(session.stream_id, coalesce(session.stopped_at, now()));
  end if;
  perform private.apply_session_to_user(session.user_id);
  return null;
end
$function$;
comment on function private.apply_session() is 'Trigger: streams.status, started_at, ended_at and users.streams_active follow from the sessions, so that they cannot drift.';

CREATE OR REPLACE FUNCTION private.apply_session_to_stream(target_stream uuid, last_stopped_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  live_since timestamptz;
begin
  select started_at into live_since from public.stream_sessions
  where stream_id = target_stream and kind = 'ingest' and is_active;
  if found then
    update public.streams set status = 'live', started_at = live_since, ended_at = null, peak_viewers = 0
    where id = target_stream and status = 'idle';
  else
    update public.streams
    set status = case status when 'live' then 'idle' else status end, ended_at = last_stopped_at, viewer_count = 0
    where id = target_stream and ended_at is null and started_at is not null;
  end if;
end
$function$;
comment on function private.apply_session_to_stream(uuid,timestamp with time zone) is 'Moves a stream between idle and live, with started_at and ended_at, as its active ingest session says.';

CREATE OR REPLACE FUNCTION private.apply_session_to_user(owner_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.users
  set streams_active = (select count(*) from public.stream_sessions where user_id = owner_id and is_active)
  where id = owner_id;
end
$function$;
comment on function private.apply_session_to_user(uuid) is 'Counts a user''s streams_active anew.';

CREATE OR REPLACE FUNCTION private.approve_stream_request(wanted_request uuid, notes text)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  request public.stream_requests;
begin
  perform private.require_admin();
  perform private.check_text('notes', notes, 0, 2000, multiline => true);
  request := private.lock_managed_request(wanted_request);
  if request.approved_at is not null and request.status <> 'rejected' then
    return request;
  elsif request.status <> 'pending' then
    perform private.fail(409, 'request_not_pending', format('This request is %s.', request.status), 'Its owner can make a new one.');
  end if;
  update public.stream_requests
  set status = 'approved', approved_at = now(), approved_by = auth.uid(), admin_notes = coalesce(notes, admin_notes)
  where id = request.id returning * into request;
  return request;
end
$function$;
comment on function private.approve_stream_request(uuid,text) is 'See public.approve_stream_request.';
grant execute on function private.approve_stream_request(uuid,text) to authenticated;
grant execute on function private.approve_stream_request(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION private.archive_events(before timestamp with time zone)
 RETURNS SETOF text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  candidate private.event_partitions;
  needed_position bigint;
  newest_at timestamptz;
begin
  select least(
    (select settled_position from private.event_watermark),
    (select min(acknowledged_position) from private.event_consumer_members)) into needed_position;
  for candidate in
    select * from private.event_partitions where detached_at is null order by first_position
  loop
    select created_at into newest_at from private.event_log
    where position >= candidate.first_position and position < candidate.end_position
    order by position desc limit 1;
    exit when newest_at is null or newest_at >= before or candidate.end_position - 1 > needed_position;
    perform private.snapshot_partition(candidate);
    execute format('alter table private.event_log detach partition %s', candidate.table_name);
    update private.event_partitions set detached_at = now() where first_position = candidate.first_position;
    return next candidate.table_name;
  end loop;
end
$function$;
comment on function private.archive_events(timestamp with time zone) is 'See public.archive_events.';
grant execute on function private.archive_events(timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION private.ask_to_stop(target_session uuid)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  session public.stream_sessions;
begin
  select * into session from public.stream_sessions where id = target_session for no key update;
  if session.status in ('starting', 'running') and session.worker_id is not null then
    update public.stream_sessions set status = 'stopping' where id = session.id returning * into session;
  elsif session.status = 'starting' then
    perform private.stop_session(session.id, 'stopped');
    select * into session from public.stream_sessions where id = target_session;
  end if;
  return session;
end
$function$;
comment on function private.ask_to_stop(uuid) is 'Has a restream session''s worker stop it; stops it at once where no worker has it. The caller has locked its user''s row.';

CREATE OR REPLACE FUNCTION private.authorize_play(target_stream uuid, token text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  stream public.streams;
begin
  select * into stream from public.streams where id = target_stream;
  if stream.id is null or (stream.visibility <> 'public' and token is null) then
    return jsonb_build_object('allowed', false, 'status', 404, 'code', 'stream_not_found',
      'message', 'There is no such stream.', 'hint', 'Get the address from get_playback.');
  end if;
  if stream.status = 'disabled' then
    return jsonb_build_object('allowed', false, 'status', 403, 'code', 'stream_disabled',
      'message', 'This stream is disabled.', 'hint', 'Its owner or an admin can enable it.');
  end if;
  if stream.visibility <> 'public' and not private.is_playback_token(stream.id, token) then
    return jsonb_build_object('allowed', false, 'status', 403, 'code', 'playback_token_invalid',
      'message', 'The playback address has expired or was changed.', 'hint', 'Get a new one from get_playback.');
  end if;
  return jsonb_build_object('allowed', true);
end
$function$;
comment on function private.authorize_play(uuid,text) is 'See public.authorize_play.';
grant execute on function private.authorize_play(uuid,text) to service_role;
grant execute on function private.authorize_play(uuid,text) to streams_service;

CREATE OR REPLACE FUNCTION private.begin_ingest(target_stream uuid, secret text, server text, publisher text, address text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  attempt private.ingest_attempt;
  stream public.streams;
  stream_key private.stream_keys;
  held public.stream_sessions;
begin
  perform private.check_publisher(server, publisher);
  -- Looked up twice: a wrong key must not make the owner's publishes wait, a right one may be rotated while this waits.
  if (private.find_stream_key(target_stream, secret)).id is not null then
    perform pg_advisory_xact_lock(hashtextextended(server || ' ' || publisher, 0));
    perform from public.users where id = (select user_id from public.streams where id = target_stream) for no key update;
    stream_key := private.find_stream_key(target_stream, secret);
  end if;
  select * into stream from public.streams where id = target_stream;
  attempt := row(stream.id, stream.user_id, stream_key.id, private.mask_stream_key(secret), server, publisher, private.parse_ip(address));
  if stream_key.id is null then
    return private.refuse_ingest(attempt, 'stream_key_invalid', 'The stream key is not valid.');
  end if;
  if stream_key.last_used_at is null or stream_key.last_used_at < now() - interval '1 minute' then
    update private.stream_keys set last_used_at = now() where id = stream_key.id;
  end if;
  held := private.find_publisher_session(server, publisher);
  if held.stream_id = stream.id and held.disconnected_at is null then
    return private.describe_admission(held);
  elsif held.stream_id <> stream.id then
    perform private.release_publisher(held.id);
  end if;
  if private.stop_ended_sessions(stream.user_id) > 0 then
    select * into stream from public.streams where id = target_stream;
  end if;
  return coalesce(private.recall_refusal(stream_key, server || ' ' || publisher), private.decide_ingest(attempt, stream));
end
$function$;
comment on function private.begin_ingest(uuid,text,text,text,text) is 'See public.begin_ingest.';
grant execute on function private.begin_ingest(uuid,text,text,text,text) to service_role;
grant execute on function private.begin_ingest(uuid,text,text,text,text) to streams_service;

CREATE OR REPLACE FUNCTION private.begin_job_run(wanted_name text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  job private.scheduled_jobs;
  lease private.job_leases;
  moment timestamptz;
  new_run bigint;
begin
  select * into job from private.scheduled_jobs where name = wanted_name for no key update;
  if not found then
    perform private.fail(404, 'job_not_found', format('There is no scheduled job "%s".', left(wanted_name, 60)),
      'The table private.scheduled_jobs lists them.');
  end if;
  moment := clock_timestamp();
  select * into lease from private.job_leases where job_name = job.name;
  if lease.leased_until > moment then
    return jsonb_build_object('begun', false, 'leased_until', lease.leased_until);
  elsif lease.run_id is not null then
    perform private.end_job_run(lease, false, null, format('It did not finish within %s seconds.', job.timeout_seconds));
  end if;
  insert into private.job_runs (job_name, created_at) values (job.name, moment) returning id into new_run;
  insert into private.job_leases values (job.name, new_run, moment, moment + make_interval(secs => job.timeout_seconds));
  return jsonb_build_object('begun', true, 'run_id', new_run);
end
$function$;
comment on function private.begin_job_run(text) is 'See public.begin_job_run.';
grant execute on function private.begin_job_run(text) to service_role;

CREATE OR REPLACE FUNCTION private.begin_viewing(wanted_stream uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  stream public.streams := private.get_stream(wanted_stream);
  session public.stream_sessions;
begin
  select * into session from public.stream_sessions where stream_id = stream.id and kind = 'ingest' and is_active;
  if session.id is null then
    perform private.fail(404, 'stream_not_live', 'This stream is not live.', 'Wait until streams.is_live is true, then join.');
  end if;
  return jsonb_build_object('session_id', session.id, 'started_at', session.started_at, 'viewer_count', stream.viewer_count,
    'settings', private.viewer_settings());
end
$function$;
comment on function private.begin_viewing(uuid) is 'See public.begin_viewing.';
grant execute on function private.begin_viewing(uuid) to anon;
grant execute on function private.begin_viewing(uuid) to authenticated;
grant execute on function private.begin_viewing(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.call_job(wanted_name text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  job private.scheduled_jobs;
  secret_key text;
begin
  select * into job from private.scheduled_jobs where name = wanted_name and enabled;
  if not found then
    return;
  end if;
  -- Names as arguments of format, here and below: checkers of code look up what stands in the text, and these need not exist.
  execute format('select decrypted_secret from %I.decrypted_secrets where name = $1', 'vault') into secret_key
  using private.setting_text('functions_secret_name');
  execute format('select %I.http_post(url => $1, body => $2, headers => $3, timeout_milliseconds => $4)', 'net')
  using private.setting_text('functions_url') || '/' || job.function_name,
    jsonb_build_object('job', job.name),
    jsonb_build_object('content-type', 'application/json', 'apikey', secret_key),
    job.timeout_seconds * 1000;
end
$function$;
comment on function private.call_job(text) is 'Calls a job''s edge function through pg_net, with the secret key from Vault: what pg_cron runs. Nothing for a job that is not there or not enabled.';

CREATE OR REPLACE FUNCTION private.cancel_stream_request(wanted_request uuid)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  request public.stream_requests := private.lock_managed_request(wanted_request);
begin
  if request.status = 'rejected' then
    return request;
  elsif request.status = 'streaming' then
    perform private.ask_to_stop(request.session_id);
  end if;
  update public.stream_requests
  set approved_at = null, approved_by = null,
      stopped_at = case when status in ('pending', 'approved') then now() else stopped_at end,
      status = case when status in ('pending', 'approved') then 'stopped' else status end
  where id = request.id returning * into request;
  return request;
end
$function$;
comment on function private.cancel_stream_request(uuid) is 'See public.cancel_stream_request.';
grant execute on function private.cancel_stream_request(uuid) to authenticated;
grant execute on function private.cancel_stream_request(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.check_address(field text, given text, schemes text[], setting_key text)
 RETURNS private.address
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  parsed private.address := private.parse_address(given, schemes);
begin
  if parsed is null then
    perform private.fail(400, field || '_invalid', format('%s must be an address that begins with %s://, in plain ASCII and without a user name.',
      field, array_to_string(schemes, ':// or ')), format('Write it as %s://host/path.', schemes[1]));
  end if;
  if private.is_forbidden_host(parsed.host) and not private.is_allowed_host(setting_key, parsed) then
    perform private.fail(400, field || '_forbidden', format('%s names %s, which is not on the public internet.', field, parsed.host),
      format('Use a public host. An operator can name others in the setting %s.', setting_key));
  end if;
  return parsed;
end
$function$;
comment on function private.check_address(text,text,text[],text) is 'The parts of an address that a worker may use. Raises PT400 <field>_invalid, <field>_forbidden.';

CREATE OR REPLACE FUNCTION private.check_consumer(consumer_name text, max_count integer, lease_seconds integer, wanted_member integer, wanted_size integer)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  perform private.check_text('consumer', consumer_name, 1, 100);
  perform private.check_page(max_count);
  if lease_seconds is null or lease_seconds not between 1 and 86400 then
    perform private.fail(400, 'lease_seconds_invalid', format('lease_seconds must be 1 to 86400, got %s.', coalesce(lease_seconds::text, 'nothing')),
      'Give how long handling a batch may take.');
  elsif wanted_size is null or wanted_size not between 1 and 256 then
    perform private.fail(400, 'size_invalid', format('size must be 1 to 256, got %s.', coalesce(wanted_size::text, 'nothing')), 'Give how many members share the log.');
  elsif wanted_member not between 0 and wanted_size - 1 then
    perform private.fail(400, 'member_invalid', format('member must be 0 to %s, got %s.', wanted_size - 1, wanted_member), 'Leave it out to take any free one.');
  end if;
end
$function$;
comment on function private.check_consumer(text,integer,integer,integer,integer) is 'Raises PT400 consumer_invalid, max_count_invalid, lease_seconds_invalid, size_invalid or member_invalid.';

CREATE OR REPLACE FUNCTION private.check_event(type_name text, target_id uuid, event_type text, event_data jsonb, metadata jsonb)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if coalesce(type_name, '') !~ '^[A-Z][A-Za-z0-9]*$' or length(type_name) > 80 then
    perform private.fail(400, 'aggregate_type_invalid', 'aggregate_type must be a singular name such as Stream, of up to 80 letters and digits.', 'Begin it with a capital.');
  elsif target_id is null then
    perform private.fail(400, 'aggregate_id_invalid', 'aggregate_id is required.', 'Give the aggregate''s uuid.');
  elsif coalesce(event_type, '') !~ '^[A-Z][A-Za-z0-9]*$' or length(event_type) > 80 then
    perform private.fail(400, 'event_type_invalid', 'event_type must be a name in the past tense such as StreamStarted, of up to 80 letters and digits.', 'Begin it with a capital.');
  elsif jsonb_typeof(event_data) is distinct from 'object' or octet_length(event_data::text) > 262144 then
    perform private.fail(400, 'event_data_invalid', 'event_data must be a JSON object of up to 256 kB.', 'Keep large data elsewhere and store its address here.');
  elsif jsonb_typeof(metadata) is distinct from 'object' or octet_length(metadata::text) > 16384 then
    perform private.fail(400, 'metadata_invalid', 'metadata must be a JSON object of up to 16 kB.', 'Give an object, {} for none.');
  end if;
end
$function$;
comment on function private.check_event(text,uuid,text,jsonb,jsonb) is 'Raises PT400 aggregate_type_invalid, aggregate_id_invalid, event_type_invalid, event_data_invalid or metadata_invalid.';

CREATE OR REPLACE FUNCTION private.check_one_of(field text, value text, allowed text[])
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if value is null or value <> all (allowed) then
    perform private.fail(400, field || '_invalid',
      format('%s must be one of %s, got %s.', field, array_to_string(allowed, ', '), coalesce(left(value, 60), 'nothing')),
      format('Give one of %s.', array_to_string(allowed, ', ')));
  end if;
end
$function$;
comment on function private.check_one_of(text,text,text[]) is 'Raises PT400 <field>_invalid unless the value is in the list. Callable by every role, because triggers run as the client.';
grant execute on function private.check_one_of(text,text,text[]) to anon;
grant execute on function private.check_one_of(text,text,text[]) to authenticated;
grant execute on function private.check_one_of(text,text,text[]) to service_role;

CREATE OR REPLACE FUNCTION private.check_page(max_count integer)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if max_count is null or max_count not between 1 and 1000 then
    perform private.fail(400, 'max_count_invalid', format('max_count must be 1 to 1000, got %s.', coalesce(max_count::text, 'nothing')),
      'Read in pages of at most 1000.');
  end if;
end
$function$;
comment on function private.check_page(integer) is 'Raises PT400 max_count_invalid unless it is 1 to 1000.';

CREATE OR REPLACE FUNCTION private.check_publisher(media_server text, publisher_id text)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if length(media_server) <= 100 and length(publisher_id) <= 200 and media_server || publisher_id ~ '^[!-~]+$'
    and media_server <> '' and publisher_id <> '' then
    return; -- the usual case, at a quarter of the cost
  end if;
  perform private.check_text('media_server', media_server, 1, 100);
  perform private.check_text('publisher_id', publisher_id, 1, 200);
end
$function$;
comment on function private.check_publisher(text,text) is 'Raises PT400 media_server_invalid or publisher_id_invalid.';

CREATE OR REPLACE FUNCTION private.check_rtmp_url(given text)
 RETURNS private.address
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  parsed private.address := private.check_address('rtmp_url', given, array['rtmp', 'rtmps'], 'allowed_target_hosts');
begin
  if parsed.path !~ '^/[^/]' then
    perform private.fail(400, 'rtmp_url_invalid', 'rtmp_url has no application and key after the host.',
      'Paste the server address, a slash and the stream key: rtmp://host/app/key.');
  end if;
  return parsed;
end
$function$;
comment on function private.check_rtmp_url(text) is 'The parts of a target. Raises PT400 rtmp_url_invalid, rtmp_url_forbidden.';

CREATE OR REPLACE FUNCTION private.check_stream_settings(stream_settings jsonb)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  wrong record;
begin
  if jsonb_typeof(stream_settings) is distinct from 'object' then
    perform private.fail(400, 'settings_invalid', format('settings must be a JSON object, got %s.', coalesce(jsonb_typeof(stream_settings), 'nothing')),
      'Give an object, {} for none.');
  end if;
  if octet_length(stream_settings::text) > 16384 then
    perform private.fail(400, 'settings_invalid', format('settings must be at most 16384 bytes, got %s.', octet_length(stream_settings::text)),
      'Keep large data elsewhere and store its address here.');
  end if;
  select known.key, known.value #>> '{}' as wanted, jsonb_typeof(stream_settings -> known.key) as got into wrong
  from jsonb_each(private.setting('stream_settings_types')) as known
  where stream_settings ? known.key and jsonb_typeof(stream_settings -> known.key) <> known.value #>> '{}'
  limit 1;
  if found then
    perform private.fail(400, 'settings_invalid', format('settings.%s must be a %s, got %s.', wrong.key, wrong.wanted, wrong.got),
      format('Give a JSON %s, or leave the key out.', wrong.wanted));
  end if;
end
$function$;
comment on function private.check_stream_settings(jsonb) is 'Raises PT400 settings_invalid unless the value is an object of up to 16 kB whose known keys have their types.';

CREATE OR REPLACE FUNCTION private.check_text(field text, value text, min_length integer, max_length integer, multiline boolean DEFAULT false)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if value is null then
    if min_length > 0 then
      perform private.fail(400, field || '_invalid', format('%s is required.', field),
        format('Give %s of %s to %s characters.', field, min_length, max_length));
    end if;
    return;
  end if;
  if char_length(value) not between min_length and max_length or (min_length > 0 and value !~ '\S') then
    perform private.fail(400, field || '_invalid',
      format('%s must be %s to %s characters, got %s.', field, min_length, max_length, case when value ~ '\S' then char_length(value) else 0 end),
      format('Give %s of %s to %s characters.', field, min_length, max_length));
  end if;
  if value ~ (case when multiline
      then '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]'
      else '[\u0001-\u001f\u007f-\u009f]' end) then
    perform private.fail(400, field || '_invalid', format('%s must not contain control characters.', field),
      case when multiline then 'Only line breaks and tabs are allowed.' else 'Remove line breaks and other control characters.' end);
  end if;
end
$function$;
comment on function private.check_text(text,text,integer,integer,boolean) is 'Raises PT400 <field>_invalid unless the value has min_length to max_length characters and no control characters (multiline allows line breaks and tabs). A null passes where min_length is 0. Callable by every role, because triggers run as the client.';
grant execute on function private.check_text(text,text,integer,integer,boolean) to anon;
grant execute on function private.check_text(text,text,integer,integer,boolean) to authenticated;
grant execute on function private.check_text(text,text,integer,integer,boolean) to service_role;

CREATE OR REPLACE FUNCTION private.check_video_source(given text, owner_id uuid)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if given ~* '^[a-z][a-z0-9+.-]*:' then
    return private.mask_source_url(private.check_address('video_source', given, array['https', 'http'], 'allowed_source_hosts'));
  end if;
  perform private.check_text('video_source', given, 1, 1024);
  if not starts_with(given, 'videos/' || owner_id || '/') or given ~ '(^|/)\.{0,2}(/|$)' then
    perform private.fail(400, 'video_source_invalid', 'video_source is neither an address nor a file in your own storage folder.',
      format('Give an http(s) address, or upload to the bucket videos and give videos/%s/<file>.', owner_id));
  end if;
  if not exists (select from storage.objects where bucket_id = 'videos' and name = substr(given, length('videos/') + 1)) then
    perform private.fail(404, 'video_not_found', format('There is no file %s.', given), 'Upload it first, or check its name.');
  end if;
  return given;
end
$function$;
comment on function private.check_video_source(text,uuid) is 'What of a video''s source may be shown. Raises PT400 video_source_invalid, video_source_forbidden, PT404 video_not_found.';

CREATE OR REPLACE FUNCTION private.claim_events(consumer_name text, max_count integer, lease_seconds integer, wanted_member integer, wanted_size integer)
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  slot private.event_consumer_members;
  settled_position bigint;
  claimed public.event[];
begin
  perform private.check_consumer(consumer_name, max_count, lease_seconds, wanted_member, wanted_size);
  if not exists (select from private.event_consumer_members where consumer = consumer_name and size = wanted_size) then
    perform private.resize_consumer(consumer_name, wanted_size);
  end if;
  for slot in
    select * from private.event_consumer_members
    where consumer = consumer_name and size = wanted_size
      and (wanted_member is null or member = wanted_member)
      and (leased_until is null or leased_until <= clock_timestamp())
    order by acknowledged_position, member
    for update skip locked
  loop
    settled_position := private.settle_events(slot.acknowledged_position, max_count * slot.size);
    claimed := array(select e from private.find_member_events(slot, settled_position, max_count) as e);
    if cardinality(claimed) > 0 then
      update private.event_consumer_members
      set claimed_position = claimed[cardinality(claimed)].position, leased_until = clock_timestamp() + make_interval(secs => lease_seconds)
      where consumer = slot.consumer and member = slot.member;
      return query select * from unnest(claimed);
      return;
    elsif settled_position > slot.acknowledged_position then
      update private.event_consumer_members set acknowledged_position = settled_position, claimed_position = null, leased_until = null
      where consumer = slot.consumer and member = slot.member;
    end if;
  end loop;
end
$function$;
comment on function private.claim_events(text,integer,integer,integer,integer) is 'See public.claim_events.';
grant execute on function private.claim_events(text,integer,integer,integer,integer) to service_role;

CREATE OR REPLACE FUNCTION private.claim_session(worker text, wanted_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  job private.restream_jobs;
begin
  perform private.check_text('worker_id', worker, 1, 200);
  if wanted_seconds is null or wanted_seconds not between 10 and 3600 then
    perform private.fail(400, 'lease_seconds_invalid', format('lease_seconds must be 10 to 3600, got %s.', coalesce(wanted_seconds::text, 'nothing')),
      'Half a minute suits most.');
  end if;
  perform private.cleanup_orphaned_streams();
  select queued.* into job
  from private.restream_jobs as queued
  join public.stream_sessions as session on session.id = queued.session_id
  where queued.queued_at is not null and queued.source_url is not null and session.status = 'starting'
  order by queued.queued_at limit 1
  for no key update skip locked;
  if not found then
    return jsonb_build_object('session', null, 'retry_in_seconds',
      (select greatest(round(extract(epoch from min(lease_expires_at) - now()), 1), 0) from private.restream_jobs where lease_expires_at is not null));
  end if;
  update public.stream_sessions set worker_id = worker, last_seen_at = now() where id = job.session_id;
  update private.restream_jobs
  set queued_at = null, lease_seconds = wanted_seconds, lease_expires_at = now() + make_interval(secs => wanted_seconds)
  where session_id = job.session_id returning * into job;
  return private.describe_claim(job);
end
$function$;
comment on function private.claim_session(text,integer) is 'See public.claim_session.';
grant execute on function private.claim_session(text,integer) to restream_worker;
grant execute on function private.claim_session(text,integer) to service_role;

CREATE OR REPLACE FUNCTION private.cleanup_orphaned_streams()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  owner_id uuid;
  lost private.lost_sessions;
  settled integer := 0;
begin
  for owner_id in select distinct user_id from private.lost_sessions order by user_id loop
    perform from public.users where id = owner_id for no key update skip locked;
    continue when not found;
    for lost in select * from private.lost_sessions where user_id = owner_id loop
      perform from public.stream_sessions where id = lost.id for no key update skip locked;
      if found and exists (select from private.lost_sessions where id = lost.id) then
        perform private.settle_lost_session(lost);
        settled := settled + 1;
      end if;
    end loop;
  end loop;
  return settled;
end
$function$;
comment on function private.cleanup_orphaned_streams() is 'See public.cleanup_orphaned_streams.';
grant execute on function private.cleanup_orphaned_streams() to service_role;
grant execute on function private.cleanup_orphaned_streams() to streams_service;

CREATE OR REPLACE FUNCTION private.client_ip()
 RETURNS inet
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.parse_ip(split_part(coalesce(
    private.request_header('cf-connecting-ip'),
    private.request_header('x-real-ip'),
    private.request_header('x-forwarded-for')
  ), ',', 1))
$function$;
comment on function private.client_ip() is 'The client''s address as the gateway in front saw it, or null. The headers are the gateway''s own: it drops those that a client sends.';

CREATE OR REPLACE FUNCTION private.create_head(type_name text, target_id uuid, expected_version bigint)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  known_version bigint;
begin
  insert into private.event_heads (aggregate_type, aggregate_id, version, hash, last_event_at, snapshot_due)
  values (type_name, target_id, 0, '', '-infinity', private.setting_integer('events_per_snapshot'))
  on conflict do nothing;
  select version into known_version from private.event_heads where aggregate_type = type_name and aggregate_id = target_id;
  if known_version <> expected_version then
    perform private.fail(409, 'version_conflict',
      format('Expected version %s of %s %s, but it is at version %s.', expected_version, type_name, target_id, known_version),
      'Read the newer events, decide again, and append with the version that you saw.');
  end if;
end
$function$;
comment on function private.create_head(text,uuid,bigint) is 'Makes the head of an aggregate without events, at version 0. Raises PT409 version_conflict with both numbers where the aggregate is not at the expected version.';

CREATE OR REPLACE FUNCTION private.create_partition(parent text, period text, moment timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  first_moment timestamptz := date_trunc(period, moment at time zone 'utc') at time zone 'utc';
  next_moment timestamptz := (date_trunc(period, moment at time zone 'utc') + ('1 ' || period)::interval) at time zone 'utc';
  partition_name text := split_part(parent, '.', 2) || '_' || to_char(first_moment at time zone 'utc',
    case period when 'day' then 'YYYYMMDD' else 'YYYYMM' end);
  partition_table text := format('%I.%I', split_part(parent, '.', 1), partition_name);
begin
  if to_regclass(partition_table) is not null then
    return;
  end if;
  execute format('create table %s (like %s including defaults including constraints)', partition_table, parent);
  -- Rows that came before their partition wait in the default one.
  execute format('with late as (delete from %1$s_default where created_at >= %3$L and created_at < %4$L returning *) '
    'insert into %2$s overriding system value select * from late', parent, partition_table, first_moment, next_moment);
  execute format('alter table %s attach partition %s for values from (%L) to (%L)', parent, partition_table, first_moment, next_moment);
end
$function$;
comment on function private.create_partition(text,text,timestamp with time zone) is 'Makes the partition of a log table (schema.table, partitioned by created_at, with a default partition <table>_default) that holds a moment, in UTC. Does nothing where it exists.';

CREATE OR REPLACE FUNCTION private.create_profile(account auth.users)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  suggestion text := private.suggest_username(account);
  attempt text := suggestion;
begin
  for attempts in 1..6 loop
    insert into public.profiles (id, username, display_name)
    values (account.id, attempt,
      nullif(left(regexp_replace(account.raw_user_meta_data ->> 'display_name', '[\u0001-\u001f\u007f-\u009f]', '', 'g'), 80), ''))
    on conflict do nothing;
    exit when found or attempts = 6;
    attempt := left(suggestion, 24) || '_' || substr(encode(extensions.gen_random_bytes(3), 'hex'), 1, 5);
  end loop;
end
$function$;
comment on function private.create_profile(auth.users) is 'Makes an account''s profile under its suggested username, with a random suffix where that is taken.';

CREATE OR REPLACE FUNCTION private.create_snapshot(type_name text, target_id uuid, target_version bigint, given_state jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  snapshotted private.event_log;
begin
  select * into snapshotted from private.event_log
  where aggregate_type = type_name and aggregate_id = target_id and version = target_version;
  if not found then
    perform private.fail(404, 'event_not_found', format('There is no event %s of %s %s.', target_version, type_name, target_id),
      'Snapshot a version that get_events shows.');
  end if;
  insert into private.event_snapshots (aggregate_type, aggregate_id, version, state, hash, created_at)
  values (type_name, target_id, target_version, given_state, snapshotted.hash, snapshotted.created_at)
  on conflict do nothing;
  return found;
end
$function$;
comment on function private.create_snapshot(text,uuid,bigint,jsonb) is 'See public.create_snapshot.';
grant execute on function private.create_snapshot(text,uuid,bigint,jsonb) to service_role;

CREATE OR REPLACE FUNCTION private.create_stream(new_title text, new_description text, new_visibility text, new_category text, new_settings jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  created public.streams := private.add_stream(private.require_user(), new_title, new_description, new_visibility, new_category, new_settings);
begin
  return jsonb_build_object(
    'stream', to_jsonb(created),
    'stream_key', private.create_stream_key(created.id),
    'rtmp_url', private.setting('rtmp_url'));
end
$function$;
comment on function private.create_stream(text,text,text,text,jsonb) is 'See public.create_stream.';
grant execute on function private.create_stream(text,text,text,text,jsonb) to authenticated;

CREATE OR REPLACE FUNCTION private.create_stream_key(target_stream uuid)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  secret text := encode(extensions.gen_random_bytes(24), 'hex');
begin
  insert into private.stream_keys (stream_id, secret_hash, prefix)
  values (target_stream, private.hash_stream_key(secret), left(secret, 8));
  return target_stream || '?key=' || secret;
end
$function$;
comment on function private.create_stream_key(uuid) is 'Makes a key of 192 random bits (48 hex digits) and returns it as a broadcaster pastes it: <stream id>?key=<secret>.';

CREATE OR REPLACE FUNCTION private.cut_sample(sample private.viewer_sample, session public.stream_sessions)
 RETURNS private.viewer_sample
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  stopped_ms bigint := floor(extract(epoch from session.stopped_at) * 1000);
  known_ms bigint := floor(extract(epoch from session.started_at) * 1000);
  known_seconds bigint := 0;
  last record;
begin
  if session.is_active or sample.at_ms <= stopped_ms then
    return sample;
  end if;
  select floor(extract(epoch from created_at) * 1000) as at_ms, viewer_seconds into last from private.viewer_samples
  where session_id = session.id order by created_at desc limit 1;
  if found then
    known_ms := last.at_ms;
    known_seconds := last.viewer_seconds;
  end if;
  sample.viewer_seconds := known_seconds + round(greatest(sample.viewer_seconds - known_seconds, 0)
    * greatest(stopped_ms - known_ms, 0)::numeric / (sample.at_ms - known_ms));
  sample.at_ms := stopped_ms;
  return sample;
end
$function$;
comment on function private.cut_sample(private.viewer_sample,public.stream_sessions) is 'A sample that was taken after its session ended, as of the end: Redis is not told of it at once, so those who went on beating are taken off the viewer seconds, in proportion to the time since the last sample. Nobody can have joined since.';

CREATE OR REPLACE FUNCTION private.decide_ingest(attempt private.ingest_attempt, stream public.streams)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  session public.stream_sessions;
  refusal private.refusal;
begin
  select * into session from public.stream_sessions where stream_id = stream.id and kind = 'ingest' and is_active;
  refusal := private.find_closed_refusal(stream);
  if refusal.code is not null then
    return private.refuse_ingest(attempt, refusal.code, refusal.message);
  end if;
  if session.id is not null and session.disconnected_at is null then
    return private.refuse_ingest(attempt, 'stream_already_live', 'Another encoder is publishing to this stream.');
  end if;
  if session.id is not null and session.stream_key_id = attempt.key_id then
    return private.admit_ingest(attempt, private.resume_session(attempt, session.id), 'resumed');
  elsif session.id is not null then
    perform private.stop_session(session.id, 'disconnected', session.disconnected_at);
  end if;
  refusal := private.find_limit_refusal(stream.user_id);
  if refusal.code is not null then
    return private.refuse_ingest(attempt, refusal.code, refusal.message, refusal.limit_count, refusal.active_count);
  end if;
  return private.admit_ingest(attempt, private.start_session(attempt), 'admitted');
end
$function$;
comment on function private.decide_ingest(private.ingest_attempt,public.streams) is 'The rules of admission, in their order, for a publisher with a valid key. The caller has locked the user''s row.';

CREATE OR REPLACE FUNCTION private.default_port(scheme text)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case scheme when 'http' then 80 when 'https' then 443 when 'rtmp' then 1935 when 'rtmps' then 443 end
$function$;
comment on function private.default_port(text) is 'The port of a scheme that names none.';

CREATE OR REPLACE FUNCTION private.delete_stream(target_stream uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  managed public.streams := private.lock_managed_stream(target_stream, admins_too => true);
begin
  perform private.stop_stream(managed.id, 'deleted');
  delete from public.streams where id = managed.id;
end
$function$;
comment on function private.delete_stream(uuid) is 'See public.delete_stream.';
grant execute on function private.delete_stream(uuid) to authenticated;
grant execute on function private.delete_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.describe_admission(session public.stream_sessions)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return jsonb_build_object('admitted', true, 'session_id', session.id, 'stream_id', session.stream_id,
    'user_id', session.user_id, 'resumed', session.resumed_at is not null);
end
$function$;
comment on function private.describe_admission(public.stream_sessions) is 'The answer of begin_ingest for an admitted publisher: {admitted: true, session_id, stream_id, user_id, resumed}.';

CREATE OR REPLACE FUNCTION private.describe_claim(job private.restream_jobs)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  request public.stream_requests;
begin
  select * into request from public.stream_requests where id = job.request_id;
  return jsonb_build_object(
    'session', jsonb_build_object('id', job.session_id, 'source_url', job.source_url, 'is_storage', job.is_storage,
      'rtmp_url', (select rtmp_url from private.stream_request_secrets where request_id = request.id),
      'repeat', request.repeat, 'attempt', job.requeue_count + 1, 'lease_seconds', job.lease_seconds),
    'rules', jsonb_build_object('forbidden_networks', to_jsonb(private.forbidden_networks()),
      'allowed_source_hosts', private.setting('allowed_source_hosts'), 'allowed_target_hosts', private.setting('allowed_target_hosts')));
end
$function$;
comment on function private.describe_claim(private.restream_jobs) is 'What a worker gets: {session: {id, source_url, is_storage, rtmp_url, repeat, attempt, lease_seconds}, rules: {forbidden_networks, allowed_source_hosts, allowed_target_hosts}}.';

CREATE OR REPLACE FUNCTION private.describe_notice(event private.event_log)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return jsonb_build_object('type', event.event_type, 'version', event.version, 'position', event.position, 'at', event.created_at);
end
$function$;
comment on function private.describe_notice(private.event_log) is 'What every notice of an event has: {type, version, position, at}. Who missed a version sees the gap.';

CREATE OR REPLACE FUNCTION private.describe_refusal(code text, message text)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object('admitted', false, 'code', code, 'message', message,
    'status', case code
      when 'stream_key_invalid' then 401
      when 'stream_limit_reached' then 402
      when 'stream_disabled' then 403
      when 'stream_already_live' then 409
      when 'stream_expired' then 410
    end,
    'hint', case code
      when 'stream_key_invalid' then 'Copy the stream key again, whole, or rotate it for a new one.'
      when 'stream_limit_reached' then 'End another stream, or choose a larger package.'
      when 'stream_disabled' then 'Enable the stream, then publish again.'
      when 'stream_already_live' then 'Stop the other encoder, or use another stream.'
      when 'stream_expired' then 'Create a new stream.'
    end)
$function$;
comment on function private.describe_refusal(text,text) is 'The answer of begin_ingest for a refusal: {admitted: false, status, code, message, hint}.';

CREATE OR REPLACE FUNCTION private.disable_stream(target_stream uuid)
 RETURNS public.streams
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  managed public.streams := private.lock_managed_stream(target_stream, admins_too => true);
begin
  update public.streams
  set status = 'disabled',
      disabled_by = case when disabled_by = 'admin' or managed.user_id is distinct from (select auth.uid()) then 'admin' else 'owner' end
  where id = managed.id;
  perform private.stop_stream(managed.id, 'disabled');
  select * into managed from public.streams where id = managed.id;
  return managed;
end
$function$;
comment on function private.disable_stream(uuid) is 'See public.disable_stream.';
grant execute on function private.disable_stream(uuid) to authenticated;
grant execute on function private.disable_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.enable_stream(target_stream uuid)
 RETURNS public.streams
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  managed public.streams := private.lock_managed_stream(target_stream, admins_too => true);
begin
  if managed.disabled_by = 'admin' and not (private.is_admin() or private.is_trusted_caller()) then
    perform private.fail(403, 'disabled_by_admin', 'An admin disabled this stream.', 'Ask support to enable it.');
  end if;
  if managed.status = 'disabled' then
    update public.streams set status = 'idle', disabled_by = null where id = managed.id returning * into managed;
  end if;
  return managed;
end
$function$;
comment on function private.enable_stream(uuid) is 'See public.enable_stream.';
grant execute on function private.enable_stream(uuid) to authenticated;
grant execute on function private.enable_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.end_ingest(server text, publisher text, received_bytes bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  left_session uuid;
begin
  perform private.check_publisher(server, publisher);
  update public.stream_sessions
  set disconnected_at = now(), last_seen_at = now(), bytes_in = bytes_in + coalesce(received_bytes, 0)
  where media_server = server and publisher_id = publisher and is_active and kind = 'ingest' and disconnected_at is null
  returning id into left_session;
  return jsonb_build_object('ended', left_session is not null, 'session_id', left_session);
end
$function$;
comment on function private.end_ingest(text,text,bigint) is 'See public.end_ingest.';
grant execute on function private.end_ingest(text,text,bigint) to service_role;
grant execute on function private.end_ingest(text,text,bigint) to streams_service;

CREATE OR REPLACE FUNCTION private.end_job_run(lease private.job_leases, is_ok boolean, run_result jsonb, run_error text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update private.job_runs set finished_at = clock_timestamp(), ok = is_ok, result = run_result, error = run_error
  where created_at = lease.began_at and id = lease.run_id and job_name = lease.job_name;
  delete from private.job_leases where job_name = lease.job_name;
end
$function$;
comment on function private.end_job_run(private.job_leases,boolean,jsonb,text) is 'Records how a run ended and gives its lease back.';

CREATE OR REPLACE FUNCTION private.end_restream(session public.stream_sessions, report_status text, report text, code integer)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.stream_sessions
  set status = case when session.status = 'stopping' then 'stopped' else report_status end,
      ended_reason = case when session.status = 'stopping' then 'stopped' when report_status = 'stopped' then 'finished' else 'failed' end,
      error = private.mask_report(session.id, report), exit_code = code, stopped_at = now()
  where id = session.id;
end
$function$;
comment on function private.end_restream(public.stream_sessions,text,text,integer) is 'Ends a session as its worker reports: finished by itself, stopped because asked to, or failed. The caller has locked its user''s row.';

CREATE OR REPLACE FUNCTION private.enforce_transitions()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if old.status || '>' || new.status <> all (tg_argv) then
    perform private.fail(409, 'invalid_transition',
      format('%s cannot go from %s to %s.', tg_table_name, old.status, new.status),
      format('Allowed: %s.', array_to_string(tg_argv, ', ')));
  end if;
  return new;
end
$function$;
comment on function private.enforce_transitions() is 'Trigger on update of status: its arguments list the allowed moves as from>to. Raises PT409 invalid_transition.';

CREATE OR REPLACE FUNCTION private.event_actor()
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return jsonb_build_object('actor_id', auth.uid(), 'actor_role', coalesce(auth.role(), session_user));
end
$function$;
comment on function private.event_actor() is 'Who does what is being done: {"actor_id", "actor_role"}; the metadata of events that triggers append.';

CREATE OR REPLACE FUNCTION private.expire_packages()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  expired_count integer;
begin
  update public.users set streams_allowed = 0
  where package_expires_at <= now()
    and package_type is not null
    and streams_allowed <> private.setting_integer('default_streams_allowed');
  get diagnostics expired_count = row_count;
  return expired_count;
end
$function$;
comment on function private.expire_packages() is 'Lets users.streams_allowed follow packages that ran out (admission looks at the expiry itself). Returns how many changed.';
grant execute on function private.expire_packages() to service_role;

CREATE OR REPLACE FUNCTION private.extend_event_log()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
    execute format('create trigger event_log_keep before truncate on %s for each statement execute function private.refuse_event_change()', table_name);
    insert into private.event_partitions values (first_position, first_position + span, table_name);
  end loop;
end
$function$;
comment on function private.extend_event_log() is 'Makes partitions until two lie ahead of the newest position. Called by every thousandth append: no schedule has to run for the log to go on.';

CREATE OR REPLACE FUNCTION private.fail(status integer, code text, message text, hint text DEFAULT ''::text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  raise exception using
    errcode = 'PT' || fail.status,
    message = fail.message,
    detail = fail.code,
    hint = fail.hint;
end
$function$;
comment on function private.fail(integer,text,text,text) is 'Refuses the current statement the way every rule of Streambed does: SQLSTATE PT<status>, which the API turns into that HTTP status and {code, message, details, hint}. `code` is the stable word that programs match (`details` in the answer), `message` says what happened and names the values, `hint` says what to do. Callable by every role, because triggers run as the client.';
grant execute on function private.fail(integer,text,text,text) to anon;
grant execute on function private.fail(integer,text,text,text) to authenticated;
grant execute on function private.fail(integer,text,text,text) to service_role;

CREATE OR REPLACE FUNCTION private.fail_lease_lost(target_session uuid, worker text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.fail(409, 'lease_lost', format('Worker %s does not hold session %s.', worker, target_session), 'Stop pushing it at once.');
end
$function$;
comment on function private.fail_lease_lost(uuid,text) is 'Raises PT409 lease_lost.';

CREATE OR REPLACE FUNCTION private.fail_stream_not_found(wanted_stream uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.fail(404, 'stream_not_found', format('There is no stream %s that you may see.', wanted_stream),
    'Check the id; a private stream is for its owner.')
$function$;
comment on function private.fail_stream_not_found(uuid) is 'Raises PT404 stream_not_found, the one answer for what does not exist and what the caller may not see.';

CREATE OR REPLACE FUNCTION private.find_appended(event_id uuid)
 RETURNS private.appended_event
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  appended private.appended_event;
begin
  perform pg_advisory_xact_lock(hashtextextended('event ' || event_id, 0));
  select event_log.position, event_log.version into appended from private.event_log where id = event_id;
  if not found and substr(event_id::text, 15, 4) = '8000' then
    select events.position, events.version into appended from private.events
    where events.position = ('x0000' || substr(event_id::text, 1, 8) || substr(event_id::text, 10, 4))::bit(64)::bigint and id = event_id;
  end if;
  return appended;
end
$function$;
comment on function private.find_appended(uuid) is 'Where the event with this id stands, or null. Of two transactions that append one id, the later waits here for the first.';

CREATE OR REPLACE FUNCTION private.find_closed_refusal(stream public.streams)
 RETURNS private.refusal
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return case
    when stream.status = 'disabled' then row('stream_disabled', 'This stream is disabled.', null, null)::private.refusal
    when stream.expires_at <= now() then row('stream_expired', format('This stream expired at %s.', stream.expires_at), null, null)::private.refusal
  end;
end
$function$;
comment on function private.find_closed_refusal(public.streams) is 'stream_disabled, stream_expired, or nothing.';

CREATE OR REPLACE FUNCTION private.find_limit_refusal(owner_id uuid)
 RETURNS private.refusal
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  refusal private.refusal;
begin
  select private.streams_allowed(package_type, package_expires_at), streams_active into refusal.limit_count, refusal.active_count
  from public.users where id = owner_id;
  if refusal.active_count >= refusal.limit_count then
    refusal.code := 'stream_limit_reached';
    refusal.message := format('%s of %s streams that your package allows are running.', refusal.active_count, refusal.limit_count);
  end if;
  return refusal;
end
$function$;
comment on function private.find_limit_refusal(uuid) is 'stream_limit_reached, or nothing. Ingest and restream count together. The caller has locked the user''s row.';

CREATE OR REPLACE FUNCTION private.find_member_events(slot private.event_consumer_members, settled_position bigint, max_count integer)
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query
    select e.* from private.events as e
    where e.position > slot.acknowledged_position and e.position <= settled_position
      and (slot.size = 1 or private.member_of(e.aggregate_id, slot.size) = slot.member)
    order by e.position
    limit max_count;
end
$function$;
comment on function private.find_member_events(private.event_consumer_members,bigint,integer) is 'A member''s next events, up to a settled position.';

CREATE OR REPLACE FUNCTION private.find_publisher_session(server text, publisher text)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  held public.stream_sessions;
begin
  select * into held from public.stream_sessions
  where media_server = server and publisher_id = publisher and is_active and kind = 'ingest';
  return held;
end
$function$;
comment on function private.find_publisher_session(text,text) is 'The active session that a media server''s publisher holds.';

CREATE OR REPLACE FUNCTION private.find_stream_key(target_stream uuid, secret text)
 RETURNS private.stream_keys
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  found_key private.stream_keys;
begin
  select * into found_key from private.stream_keys
  where secret_hash = private.hash_stream_key(secret)
    and stream_id = target_stream
    and revoked_at is null
    and coalesce(expires_at, 'infinity') > now();
  return found_key;
end
$function$;
comment on function private.find_stream_key(uuid,text) is 'The valid key of this stream with this secret; null for unknown, expired, revoked and another stream''s alike.';

CREATE OR REPLACE FUNCTION private.find_uncounted_sessions()
 RETURNS SETOF public.stream_sessions
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query
    select session.* from public.stream_sessions as session
    where session.kind = 'ingest' and not session.is_active and session.stopped_at > now() - interval '1 minute'
      and not exists (
        select from private.viewer_samples as sample
        where sample.session_id = session.id and sample.created_at >= date_trunc('milliseconds', session.stopped_at));
end
$function$;
comment on function private.find_uncounted_sessions() is 'Sessions that ended within the last minute and have no sample of their end yet.';

CREATE OR REPLACE FUNCTION private.finish_job_run(wanted_name text, wanted_run bigint, is_ok boolean, run_result jsonb, run_error text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  lease private.job_leases;
begin
  select * into lease from private.job_leases where job_name = wanted_name and run_id = wanted_run for update;
  if not found then
    return false;
  end if;
  perform private.end_job_run(lease, coalesce(is_ok, false), run_result, left(run_error, 2000));
  return true;
end
$function$;
comment on function private.finish_job_run(text,bigint,boolean,jsonb,text) is 'See public.finish_job_run.';
grant execute on function private.finish_job_run(text,bigint,boolean,jsonb,text) to service_role;

CREATE OR REPLACE FUNCTION private.first_kept_version(type_name text, target_id uuid)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return coalesce(
    (select version from private.event_log where aggregate_type = type_name and aggregate_id = target_id order by version limit 1),
    (select version + 1 from private.event_heads where aggregate_type = type_name and aggregate_id = target_id),
    1);
end
$function$;
comment on function private.first_kept_version(text,uuid) is 'The first version of an aggregate whose event is not archived; one past its newest where all are.';

CREATE OR REPLACE FUNCTION private.first_visible_user()
 RETURNS uuid
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select case when private.is_admin() then '00000000-0000-0000-0000-000000000000'::uuid else auth.uid() end
$function$;
comment on function private.first_visible_user() is 'Lower end of the range of user ids whose private rows the caller may read: the caller''s own id, or the least uuid for an admin. For policies, with last_visible_user.';
grant execute on function private.first_visible_user() to anon;
grant execute on function private.first_visible_user() to authenticated;
grant execute on function private.first_visible_user() to service_role;

CREATE OR REPLACE FUNCTION private.follow_up(type_name text, target_id uuid, newest_position bigint)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  head private.event_heads;
begin
  select * into head from private.event_heads where aggregate_type = type_name and aggregate_id = target_id;
  if head.version >= head.snapshot_due then
    perform private.take_snapshot(head);
  end if;
  if newest_position % 1000 = 0 then
    perform private.extend_event_log();
  end if;
end
$function$;
comment on function private.follow_up(text,uuid,bigint) is 'What falls due now and then while appending: snapshots and partitions.';

CREATE OR REPLACE FUNCTION private.forbidden_networks()
 RETURNS cidr[]
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select array[
    '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24',
    '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
    '::/96', '::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16', 'fc00::/7', 'fe80::/10',
    'fec0::/10', 'ff00::/8'
  ]::cidr[]
$function$;
comment on function private.forbidden_networks() is 'Networks that are not the public internet: loopback, private, link-local, shared, reserved, multicast, and those of IPv6 that carry IPv4 addresses. Source: the special-purpose address registries of IANA (RFC 6890).';

CREATE OR REPLACE FUNCTION private.full_xid(short_xid xid)
 RETURNS xid8
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  newest bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
  epoch bigint := newest >> 32;
  candidate bigint := (epoch << 32) | short_xid::text::bigint;
begin
  return (case when candidate > newest + 2147483648 then candidate - 4294967296 else candidate end)::text::xid8;
end
$function$;
comment on function private.full_xid(xid) is 'A recent transaction id of 32 bits with its epoch.';

CREATE OR REPLACE FUNCTION private.get_admissions(target_stream uuid, since timestamp with time zone, until timestamp with time zone, max_count integer)
 RETURNS TABLE(created_at timestamp with time zone, admitted boolean, rule text, message text, session_id uuid, media_server text, client_ip inet, key_prefix text, limit_count integer, active_count integer)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_readable_stream(target_stream);
  return query
    select log.created_at, log.admitted, log.rule, log.message, log.session_id, log.media_server,
      log.client_ip, log.key_prefix, log.limit_count, log.active_count
    from private.admission_log as log
    where log.stream_id = target_stream and log.created_at >= since and log.created_at < until
    order by log.created_at desc, log.id desc
    limit greatest(least(max_count, 1000), 0);
end
$function$;
comment on function private.get_admissions(uuid,timestamp with time zone,timestamp with time zone,integer) is 'See public.get_admissions.';
grant execute on function private.get_admissions(uuid,timestamp with time zone,timestamp with time zone,integer) to authenticated;
grant execute on function private.get_admissions(uuid,timestamp with time zone,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION private.get_audit_trail(owner_id uuid, since timestamp with time zone, until timestamp with time zone, max_count integer, before_position bigint)
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if owner_id is distinct from (select auth.uid()) and not private.is_admin() and not private.is_trusted_caller() then
    perform private.fail(403, 'audit_trail_forbidden', 'You may read your own history only.', 'Give your own user id, or sign in as an admin.');
  end if;
  perform private.check_page(max_count);
  return query
    select e.* from private.events as e
    where e.user_id = owner_id
      and e.position < coalesce(before_position, 9223372036854775807)
      and e.created_at >= coalesce(since, '-infinity') and e.created_at < coalesce(until, 'infinity')
    order by e.position desc
    limit max_count;
end
$function$;
comment on function private.get_audit_trail(uuid,timestamp with time zone,timestamp with time zone,integer,bigint) is 'See public.get_audit_trail.';
grant execute on function private.get_audit_trail(uuid,timestamp with time zone,timestamp with time zone,integer,bigint) to authenticated;
grant execute on function private.get_audit_trail(uuid,timestamp with time zone,timestamp with time zone,integer,bigint) to service_role;

CREATE OR REPLACE FUNCTION private.get_counted_sessions()
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('stream_id', session.stream_id, 'session_id', session.id, 'started_at', session.started_at,
      'has_ended', not session.is_active, 'peak_viewers', session.peak_viewers, 'viewer_seconds', session.viewer_seconds)), '[]')
    from (
      select * from public.stream_sessions where is_active and kind = 'ingest'
      union all
      select * from private.find_uncounted_sessions()) as session);
end
$function$;
comment on function private.get_counted_sessions() is 'See public.get_counted_sessions.';
grant execute on function private.get_counted_sessions() to service_role;

CREATE OR REPLACE FUNCTION private.get_event_consumers()
 RETURNS SETOF private.event_consumers
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_admin();
  return query select * from private.event_consumers order by consumer;
end
$function$;
comment on function private.get_event_consumers() is 'See public.event_consumers.';
grant execute on function private.get_event_consumers() to authenticated;
grant execute on function private.get_event_consumers() to service_role;

CREATE OR REPLACE FUNCTION private.get_events(type_name text, target_id uuid, from_version bigint, max_count integer)
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.check_page(max_count);
  return query
    select e.* from private.events as e
    where e.aggregate_type = type_name and e.aggregate_id = target_id and e.version >= from_version
    order by e.version
    limit max_count;
end
$function$;
comment on function private.get_events(text,uuid,bigint,integer) is 'See public.get_events.';
grant execute on function private.get_events(text,uuid,bigint,integer) to service_role;

CREATE OR REPLACE FUNCTION private.get_job_runs(wanted_name text, max_count integer)
 RETURNS SETOF private.job_runs
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_admin();
  return query
    select * from private.job_runs where job_name = wanted_name order by created_at desc, id desc limit least(max_count, 1000);
end
$function$;
comment on function private.get_job_runs(text,integer) is 'See public.get_job_runs.';
grant execute on function private.get_job_runs(text,integer) to authenticated;
grant execute on function private.get_job_runs(text,integer) to service_role;

CREATE OR REPLACE FUNCTION private.get_playback(target_stream uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  stream public.streams := private.get_stream(target_stream);
  expiry bigint;
  token text;
begin
  if not stream.is_live then
    perform private.fail(409, 'stream_not_live', 'This stream is not live.', 'Wait until streams.is_live is true.');
  end if;
  if stream.visibility <> 'public' then
    expiry := extract(epoch from now())::bigint + private.setting_integer('playback_token_seconds');
    token := private.sign_playback(stream.id, expiry);
  end if;
  return jsonb_build_object(
    'flv_url', private.playback_url('playback_flv_url', stream.id, token),
    'hls_url', private.playback_url('playback_hls_url', stream.id, token),
    'expires_at', to_timestamp(expiry));
end
$function$;
comment on function private.get_playback(uuid) is 'See public.get_playback.';
grant execute on function private.get_playback(uuid) to anon;
grant execute on function private.get_playback(uuid) to authenticated;
grant execute on function private.get_playback(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.get_settings()
 RETURNS SETOF private.settings
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_admin();
  return query select * from private.settings order by settings.key;
end
$function$;
comment on function private.get_settings() is 'See public.get_settings.';
grant execute on function private.get_settings() to authenticated;
grant execute on function private.get_settings() to service_role;

CREATE OR REPLACE FUNCTION private.get_snapshot(type_name text, target_id uuid, at_version bigint)
 RETURNS TABLE(version bigint, state jsonb, created_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return query
    select nearest.version, nearest.state, nearest.created_at
    from private.nearest_snapshot(type_name, target_id, null, at_version) as nearest
    where nearest.version is not null;
end
$function$;
comment on function private.get_snapshot(text,uuid,bigint) is 'See public.get_snapshot.';
grant execute on function private.get_snapshot(text,uuid,bigint) to service_role;

CREATE OR REPLACE FUNCTION private.get_stream(wanted_stream uuid)
 RETURNS public.streams
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  seen public.streams;
begin
  select * into seen from public.streams
  where id = wanted_stream
    and (visibility in ('public', 'unlisted') or private.may_oversee(user_id));
  if not found then
    perform private.fail_stream_not_found(wanted_stream);
  end if;
  return seen;
end
$function$;
comment on function private.get_stream(uuid) is 'See public.get_stream.';
grant execute on function private.get_stream(uuid) to anon;
grant execute on function private.get_stream(uuid) to authenticated;
grant execute on function private.get_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.get_stream_health(target_session uuid, since timestamp with time zone, max_count integer)
 RETURNS TABLE(created_at timestamp with time zone, bitrate_kbps numeric, fps numeric, speed numeric, dropped_frames integer, out_seconds numeric)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform from public.stream_sessions
  where id = target_session and private.may_oversee(user_id);
  if not found then
    perform private.fail(404, 'session_not_found', format('There is no session %s that you may see.', target_session), 'Check the id.');
  end if;
  return query
    select health.created_at, health.bitrate_kbps, health.fps, health.speed, health.dropped_frames, health.out_seconds
    from private.stream_health as health
    where health.session_id = target_session and health.created_at >= get_stream_health.since
    order by health.created_at desc
    limit greatest(least(max_count, 10000), 0);
end
$function$;
comment on function private.get_stream_health(uuid,timestamp with time zone,integer) is 'See public.get_stream_health.';
grant execute on function private.get_stream_health(uuid,timestamp with time zone,integer) to authenticated;
grant execute on function private.get_stream_health(uuid,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION private.get_stream_keys(target_stream uuid)
 RETURNS TABLE(id uuid, prefix text, created_at timestamp with time zone, expires_at timestamp with time zone, revoked_at timestamp with time zone, last_used_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_readable_stream(target_stream, admins_too => false);
  return query
    select k.id, k.prefix, k.created_at, k.expires_at, k.revoked_at, k.last_used_at
    from private.stream_keys as k where k.stream_id = target_stream order by k.created_at desc limit 100;
end
$function$;
comment on function private.get_stream_keys(uuid) is 'See public.get_stream_keys.';
grant execute on function private.get_stream_keys(uuid) to authenticated;
grant execute on function private.get_stream_keys(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.get_viewer_count(wanted_stream uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select viewer_count from public.streams where id = wanted_stream
$function$;
comment on function private.get_viewer_count(uuid) is 'See public.get_viewer_count.';
grant execute on function private.get_viewer_count(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.get_viewer_history(wanted_stream uuid, since timestamp with time zone, until timestamp with time zone, bucket_seconds integer)
 RETURNS TABLE(bucket timestamp with time zone, average_viewers numeric, peak_viewers integer, last_viewers integer)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_readable_stream(wanted_stream);
  if bucket_seconds is null or bucket_seconds not between 10 and 86400 then
    perform private.fail(400, 'bucket_seconds_invalid', format('bucket_seconds must be 10 to 86400, got %s.', coalesce(bucket_seconds::text, 'nothing')),
      'A sample is stored every 10 seconds.');
  elsif since is null or until is null or until - since > make_interval(secs => 10000.0 * bucket_seconds) then
    perform private.fail(400, 'range_invalid', 'since and until must lie at most 10000 buckets apart.', 'Ask for less time, or for larger buckets.');
  end if;
  return query
    select date_bin(make_interval(secs => bucket_seconds), sample.created_at, '2000-01-01Z'), round(avg(sample.viewer_count), 2),
      max(sample.peak_viewers), (array_agg(sample.viewer_count order by sample.created_at desc))[1]
    from private.viewer_samples as sample
    where sample.stream_id = wanted_stream and sample.created_at >= since and sample.created_at < until
    group by 1
    order by 1;
end
$function$;
comment on function private.get_viewer_history(uuid,timestamp with time zone,timestamp with time zone,integer) is 'See public.get_viewer_history.';
grant execute on function private.get_viewer_history(uuid,timestamp with time zone,timestamp with time zone,integer) to authenticated;
grant execute on function private.get_viewer_history(uuid,timestamp with time zone,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION private.grant_admin(account_email text)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  granted_id uuid;
begin
  update public.users set role = 'admin', updated_at = now()
  where lower(email) = lower(account_email)
  returning id into granted_id;
  if granted_id is null then
    perform private.fail(404, 'user_not_found', format('No user has the e-mail address %s.', account_email),
      'Let them sign up first.');
  end if;
  return granted_id;
end
$function$;
comment on function private.grant_admin(text) is 'Makes the user with this e-mail address an admin and returns their id; the way to the first admin. Raises PT404 user_not_found. Only the owner of the database may call it.';

CREATE OR REPLACE FUNCTION private.handle_changed_user()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into public.users as existing (id, email, last_login_at, verified_at)
  values (new.id, new.email, new.last_sign_in_at, new.email_confirmed_at)
  on conflict (id) do update
    set email = excluded.email, last_login_at = excluded.last_login_at,
        verified_at = excluded.verified_at, updated_at = now()
    where (existing.email, existing.last_login_at, existing.verified_at)
      is distinct from (excluded.email, excluded.last_login_at, excluded.verified_at);
  if not exists (select from public.profiles where id = new.id) then
    perform private.create_profile(new);
  end if;
  return null;
exception when others then
  raise warning 'handle_changed_user: % (%)', sqlerrm, sqlstate;
  return null;
end
$function$;
comment on function private.handle_changed_user() is 'Trigger on auth.users: carries e-mail, confirmation and sign-in time over to public.users. Never fails a sign-in.';

CREATE OR REPLACE FUNCTION private.handle_new_user()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into public.users (id, email, last_login_at, verified_at)
  values (new.id, new.email, new.last_sign_in_at, new.email_confirmed_at)
  on conflict (id) do nothing;
  perform private.create_profile(new);
  return null;
exception when others then
  -- A sign-up is worth more than its profile: what is missing is made at the account's next change.
  raise warning 'handle_new_user: % (%)', sqlerrm, sqlstate;
  return null;
end
$function$;
comment on function private.handle_new_user() is 'Trigger on auth.users: makes public.users and public.profiles. Never fails a sign-up.';

CREATE OR REPLACE FUNCTION private.hash_event(previous_hash bytea, event private.event_log)
 RETURNS bytea
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return sha256(previous_hash
    || convert_to(concat_ws(chr(30), event.aggregate_type, event.aggregate_id, event.version, event.id,
      event.event_type, event.event_data, event.metadata, event.user_id), 'utf8')
    || timestamptz_send(event.created_at));
end
$function$;
comment on function private.hash_event(bytea,private.event_log) is 'What append_event writes as an event''s hash: SHA-256 over the previous event''s hash (empty for the first) and this event: aggregate type, aggregate id, version, id (where the caller gave one), event type, data, metadata and user (if any) as text, separated by U+001E, then created_at as eight bytes, microseconds since 2000.';

CREATE OR REPLACE FUNCTION private.hash_stream_key(secret text)
 RETURNS bytea
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return sha256(convert_to(secret, 'utf8'));
end
$function$;
comment on function private.hash_stream_key(text) is 'What stream_keys.secret_hash holds for a secret.';

CREATE OR REPLACE FUNCTION private.hold_session(target_session uuid, worker text)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  held public.stream_sessions;
begin
  update public.stream_sessions set last_seen_at = now()
  where id = target_session and worker_id = worker and is_active and kind = 'restream'
  returning * into held;
  if not found then
    perform private.fail_lease_lost(target_session, worker);
  end if;
  update private.restream_jobs set lease_expires_at = now() + make_interval(secs => lease_seconds)
  where session_id = target_session and lease_expires_at > now();
  if not found then
    perform private.fail_lease_lost(target_session, worker);
  end if;
  return held;
end
$function$;
comment on function private.hold_session(uuid,text) is 'The session, if the worker''s lease on it still runs; it runs anew. Raises PT409 lease_lost.';

CREATE OR REPLACE FUNCTION private.install_schedules(base_url text, secret_name text)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  job private.scheduled_jobs;
  installed integer := 0;
begin
  if coalesce(base_url, '') !~ '^https?://[^\s?#]+$' then
    perform private.fail(400, 'base_url_invalid', 'base_url must be an address.', 'Give https://<project>.supabase.co/functions/v1.');
  end if;
  perform private.require_schedule_extensions(secret_name);
  update private.settings set value = to_jsonb(rtrim(base_url, '/')) where key = 'functions_url';
  update private.settings set value = to_jsonb(secret_name) where key = 'functions_secret_name';
  execute format('select count(%1$I.unschedule(jobid)) from %1$I.job where starts_with(jobname, ''streambed:'') '
    'and substr(jobname, 11) not in (select name from private.scheduled_jobs where enabled)', 'cron');
  for job in select * from private.scheduled_jobs where enabled order by name loop
    execute format('select %I.schedule($1, $2, $3)', 'cron') using 'streambed:' || job.name, private.pg_cron_schedule(job.schedule),
      format('select private.call_job(%L)', job.name);
    installed := installed + 1;
  end loop;
  return installed;
end
$function$;
comment on function private.install_schedules(text,text) is 'On Supabase: has pg_cron call every enabled job and no other, through pg_net, with the secret key that Vault holds under secret_name. base_url: https://<project>.supabase.co/functions/v1. Run it again after each change of private.scheduled_jobs; it can be repeated. Returns how many jobs are installed. For the owner of the database. Raises PT501 extensions_missing, PT404 secret_not_found, PT400 base_url_invalid or schedule_invalid.';

CREATE OR REPLACE FUNCTION private.is_admin()
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return exists (select from public.users where id = (select auth.uid()) and role = 'admin');
end
$function$;
comment on function private.is_admin() is 'True when the signed-in user is an admin. In policies: (select private.is_admin()).';
grant execute on function private.is_admin() to anon;
grant execute on function private.is_admin() to authenticated;
grant execute on function private.is_admin() to service_role;

CREATE OR REPLACE FUNCTION private.is_allowed_host(setting_key text, address private.address)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.setting(setting_key) ?| array[address.host, address.host || ':' || address.port]
$function$;
comment on function private.is_allowed_host(text,private.address) is 'Does the setting (allowed_source_hosts or allowed_target_hosts) name this host?';

CREATE OR REPLACE FUNCTION private.is_announced(event_type text)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return event_type in ('StreamStarted', 'StreamEnded', 'StreamDisabled', 'StreamEnabled', 'StreamDeleted',
    'SessionStarted', 'SessionDisconnected', 'SessionResumed', 'SessionEnded', 'AdmissionRefused');
end
$function$;
comment on function private.is_announced(text) is 'Is an event of this type told on by announce_event? Asked for each event of the database''s own; a later domain puts its types here in place of none.';

CREATE OR REPLACE FUNCTION private.is_forbidden_host(host text)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  address inet := private.parse_ip(host);
begin
  if address is not null and (family(address) = 6 or host ~ '^(0|[1-9]\d*)(\.(0|[1-9]\d*)){3}$') then
    return exists (select from unnest(private.forbidden_networks()) as network where address <<= network);
  end if;
  return host !~ '\.' -- a name of the local network, or an IPv4 address as one number
    or host ~ '(^|\.)(0x[0-9a-f]*|\d+)$' -- an IPv4 address in an unusual form: 127.1, 0x7f.0.0.1, 0177.0.0.1
    or host ~ '\.(localhost|local|localdomain|internal|intranet|lan|home|corp|home\.arpa)$';
end
$function$;
comment on function private.is_forbidden_host(text) is 'Is this host, as it is written, not on the public internet? Names are looked up by the worker, which checks what they resolve to.';

CREATE OR REPLACE FUNCTION private.is_playback_token(target_stream uuid, token text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select coalesce(
    token ~ '^\d{10}\.[0-9a-f]{64}$'
    and split_part(token, '.', 1)::bigint > extract(epoch from now())
    -- Digests are compared, so that the time it takes tells nothing of the signature.
    and sha256(convert_to(token, 'utf8'))
      = sha256(convert_to(private.sign_playback(target_stream, split_part(token, '.', 1)::bigint), 'utf8')),
    false)
$function$;
comment on function private.is_playback_token(uuid,text) is 'True for a token that sign_playback made for this stream and that has not expired.';

CREATE OR REPLACE FUNCTION private.is_trusted_caller()
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select coalesce(
    (select auth.role()) = 'service_role',
    pg_has_role(session_user, 'postgres', 'member')
  )
$function$;
comment on function private.is_trusted_caller() is 'True for the secret key, and for the owner of the database working without an API in between (Studio, scripts).';

CREATE OR REPLACE FUNCTION private.last_visible_user()
 RETURNS uuid
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select case when private.is_admin() then 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid else auth.uid() end
$function$;
comment on function private.last_visible_user() is 'Upper end of the range of user ids whose private rows the caller may read; see first_visible_user.';
grant execute on function private.last_visible_user() to anon;
grant execute on function private.last_visible_user() to authenticated;
grant execute on function private.last_visible_user() to service_role;

CREATE OR REPLACE FUNCTION private.lock_managed_request(wanted_request uuid)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  managed public.stream_requests;
begin
  select * into managed from public.stream_requests
  where id = wanted_request and private.may_oversee(user_id);
  if found then
    perform from public.users where id = managed.user_id for no key update;
    select * into managed from public.stream_requests where id = wanted_request for no key update;
  end if;
  if managed.id is null then
    perform private.fail(404, 'request_not_found', format('There is no request %s that you may change.', wanted_request), 'Check the id.');
  end if;
  return managed;
end
$function$;
comment on function private.lock_managed_request(uuid) is 'The request, if the caller owns it, is an admin or trusted, with its owner''s row and its own locked, in this order. Raises PT404 request_not_found.';

CREATE OR REPLACE FUNCTION private.lock_managed_stream(wanted_stream uuid, admins_too boolean DEFAULT false)
 RETURNS public.streams
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  owner_id uuid;
  managed public.streams;
begin
  perform private.require_readable_stream(wanted_stream, admins_too);
  select user_id into owner_id from public.streams where id = wanted_stream;
  perform from public.users where id = owner_id for no key update;
  select * into managed from public.streams where id = wanted_stream for no key update;
  if not found then
    perform private.fail_stream_not_found(wanted_stream);
  end if;
  return managed;
end
$function$;
comment on function private.lock_managed_stream(uuid,boolean) is 'The stream, if the caller owns it (or is an admin, where admins_too; or trusted), with its owner''s row and its own locked, in this order as everywhere. Raises PT404 stream_not_found.';

CREATE OR REPLACE FUNCTION private.lock_sampled_sessions(samples private.viewer_sample[])
 RETURNS SETOF private.viewer_sample
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- Rows that somebody is changing are left for the next flush: waiting for several at once could deadlock.
  return query
    select cut.*
    from unnest(samples) as sample
    join public.stream_sessions as session on session.id = sample.session_id and session.stream_id = sample.stream_id
    join public.streams as stream on stream.id = sample.stream_id
    cross join lateral private.cut_sample(sample, session) as cut
    where session.kind = 'ingest'
      and (session.is_active or (session.stopped_at > now() - interval '1 minute' and sample.at_ms >= floor(extract(epoch from session.stopped_at) * 1000)))
      and least(sample.viewers, sample.peak, sample.uniques, sample.viewer_seconds) >= 0
      and sample.at_ms between extract(epoch from session.started_at) * 1000 and extract(epoch from now() + interval '1 minute') * 1000
    for no key update of session, stream skip locked;
end
$function$;
comment on function private.lock_sampled_sessions(private.viewer_sample[]) is 'Those samples that are of an active session, or of the end of one that ended within the last minute; their rows are locked. None from before the session or from the future.';

CREATE OR REPLACE FUNCTION private.log_admission(attempt private.ingest_attempt, rule text, message text, session_id uuid, limit_count integer, active_count integer)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into private.admission_log (admitted, rule, message, stream_id, user_id, session_id,
    media_server, publisher_id, client_ip, key_prefix, limit_count, active_count)
  values (session_id is not null, rule, message, attempt.stream_id, attempt.user_id, session_id,
    attempt.media_server, attempt.publisher_id, attempt.client_ip, attempt.key_prefix, limit_count, active_count);
end
$function$;
comment on function private.log_admission(private.ingest_attempt,text,text,uuid,integer,integer) is 'Records an answer of begin_ingest.';

CREATE OR REPLACE FUNCTION private.maintain_partitions()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  log private.log_tables;
  expired record;
  dropped integer := 0;
begin
  for log in select * from private.log_tables order by table_name loop
    for ahead in 0..2 loop
      perform private.create_partition(log.table_name, log.period, now() + ahead * ('1 ' || log.period)::interval);
    end loop;
    for expired in
      select child.oid::regclass as partition_table
      from pg_catalog.pg_inherits
      join pg_catalog.pg_class child on child.oid = inhrelid
      where inhparent = log.table_name::regclass
        and child.relname < split_part(log.table_name, '.', 2) || '_' ||
          to_char((now() - log.keep_for) at time zone 'utc', case log.period when 'day' then 'YYYYMMDD' else 'YYYYMM' end)
        and child.relname ~ '_\d+$'
    loop
      execute format('drop table %s', expired.partition_table);
      dropped := dropped + 1;
    end loop;
  end loop;
  return dropped;
end
$function$;
comment on function private.maintain_partitions() is 'Makes the partitions that the log tables need next and drops those past their keeping. Returns how many were dropped.';
grant execute on function private.maintain_partitions() to service_role;

CREATE OR REPLACE FUNCTION private.mask_report(target_session uuid, report text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  addresses private.stream_request_secrets;
  secret text;
begin
  select secrets.* into addresses from private.stream_request_secrets as secrets
  join private.restream_jobs as job on job.request_id = secrets.request_id and job.session_id = target_session;
  foreach secret in array array[
    (private.parse_address(addresses.rtmp_url, array['rtmp', 'rtmps'])).path || (private.parse_address(addresses.rtmp_url, array['rtmp', 'rtmps'])).query,
    substring(addresses.rtmp_url from '//[^/]+/[^/]+/(.+)$'), substring(addresses.rtmp_url from '([^/]{4,})$'),
    substring(addresses.video_source from '\?(.{4,})$')]
  loop
    report := replace(report, coalesce(nullif(secret, ''), chr(1)), '****');
  end loop;
  return left(regexp_replace(report, '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]', '', 'g'), 4000);
end
$function$;
comment on function private.mask_report(uuid,text) is 'A worker''s words, without the session''s key and signature should they stand in there, without control characters, at most 4000 characters.';

CREATE OR REPLACE FUNCTION private.mask_rtmp_url(address private.address)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select private.show_host(address) || coalesce(substring(address.path from '^/[^/]+(?=/)'), '') || '/****'
$function$;
comment on function private.mask_rtmp_url(private.address) is 'What of a target may be shown: rtmp://host/app/****. Everything after the application counts as the key.';

CREATE OR REPLACE FUNCTION private.mask_source_url(address private.address)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select private.show_host(address) || address.path || case when address.query = '' then '' else '?****' end
$function$;
comment on function private.mask_source_url(private.address) is 'What of a video''s address may be shown: its query often is a signature.';

CREATE OR REPLACE FUNCTION private.mask_stream_key(secret text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return case when length(secret) = 48 and secret ~ '^[0-9a-f]+$' then left(secret, 8) else '****' end;
end
$function$;
comment on function private.mask_stream_key(text) is 'What may be written down of a presented key: the prefix of a real one, nothing of a password pasted by mistake.';

CREATE OR REPLACE FUNCTION private.may_oversee(owner_id uuid, admins_too boolean DEFAULT true)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return coalesce(owner_id = (select auth.uid()), false) or private.is_trusted_caller() or (admins_too and private.is_admin());
end
$function$;
comment on function private.may_oversee(uuid,boolean) is 'Is the caller this owner, trusted, or (unless admins_too is false) an admin?';

CREATE OR REPLACE FUNCTION private.may_read_topic(topic text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  subject text := split_part(topic, ':', 1);
  subject_id uuid;
begin
  if topic !~ '^(stream|user):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return false;
  end if;
  subject_id := split_part(topic, ':', 2)::uuid;
  if subject = 'user' then
    return coalesce(subject_id = (select auth.uid()), false);
  end if;
  return exists (
    select from public.streams
    where id = subject_id
      and (visibility in ('public', 'unlisted') or user_id = (select auth.uid()) or private.is_admin()));
end
$function$;
comment on function private.may_read_topic(text) is 'May the caller join this topic? stream:<id>: who get_stream lets see it; user:<id>: that user. For the policy on realtime.messages.';
grant execute on function private.may_read_topic(text) to anon;
grant execute on function private.may_read_topic(text) to authenticated;

CREATE OR REPLACE FUNCTION private.member_of(target_id uuid, size integer)
 RETURNS integer
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return (hashtextextended(target_id::text, 0) & 9223372036854775807) % size;
end
$function$;
comment on function private.member_of(uuid,integer) is 'Which of a consumer''s members an aggregate belongs to.';

CREATE OR REPLACE FUNCTION private.move_watermark(run_end bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  mark private.event_watermark;
  newest_position bigint;
  drawn_xid xid;
begin
  if pg_is_in_recovery() then
    return run_end;
  end if;
  select * into mark from private.event_watermark for no key update skip locked;
  if not found then
    return run_end;
  end if;
  if mark.pending_xid <= pg_snapshot_xmin(pg_current_snapshot()) then
    mark.settled_position := greatest(mark.settled_position, mark.pending_position);
    mark.pending_xid := null;
  end if;
  mark.settled_position := greatest(mark.settled_position, run_end);
  if mark.pending_xid is null then
    newest_position := (select max(position) from private.event_log);
    begin
      update private.event_watermark set pending_position = newest_position returning xmin into drawn_xid;
      mark.pending_xid := private.full_xid(drawn_xid);
    exception when others then
      raise; -- the handler makes the block a subtransaction: its id is drawn here, after newest_position was seen
    end;
  end if;
  update private.event_watermark set settled_position = mark.settled_position, pending_xid = mark.pending_xid;
  return mark.settled_position;
end
$function$;
comment on function private.move_watermark(bigint) is 'Settles what waited long enough, all up to run_end, and starts waiting for what is visible now. Returns the settled position. Where another reader is at it, or on a read replica, that is run_end.';

CREATE OR REPLACE FUNCTION private.my_linked_accounts()
 RETURNS TABLE(provider text, provider_account_id text, linked_at timestamp with time zone, last_sign_in_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select identities.provider, identities.provider_id, identities.created_at, identities.last_sign_in_at
  from auth.identities
  where identities.user_id = (select auth.uid())
  order by identities.created_at
$function$;
comment on function private.my_linked_accounts() is 'See public.my_linked_accounts.';
grant execute on function private.my_linked_accounts() to authenticated;

CREATE OR REPLACE FUNCTION private.nearest_snapshot(type_name text, target_id uuid, as_of timestamp with time zone, at_version bigint)
 RETURNS private.event_snapshots
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  nearest private.event_snapshots;
begin
  select * into nearest from private.event_snapshots
  where aggregate_type = type_name and aggregate_id = target_id
    and version <= coalesce(at_version, 9223372036854775807) and created_at <= coalesce(as_of, 'infinity')
  order by version desc
  limit 1;
  return nearest;
end
$function$;
comment on function private.nearest_snapshot(text,uuid,timestamp with time zone,bigint) is 'The newest snapshot at or before a moment and a version.';

CREATE OR REPLACE FUNCTION private.notify_workers(session_id uuid, worker_id text, status text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select pg_notify('restream_sessions', jsonb_build_object('session_id', session_id, 'worker_id', worker_id, 'status', status)::text)
$function$;
comment on function private.notify_workers(uuid,text,text) is 'Tells the workers that listen on the channel restream_sessions that there is a session to claim (starting), or one of theirs to renew at once.';

CREATE OR REPLACE FUNCTION private.parse_address(given text, schemes text[])
 RETURNS private.address
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  parts text[];
  parsed private.address;
begin
  -- Printable ASCII without a backslash or "@": nothing that two parsers could read in two ways.
  if length(given) > 2048 or given !~ '^[!-~]+$' or given ~ '[\\@]' then
    return null;
  end if;
  parts := regexp_match(given, '^([a-z]+)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?(/[^?#]*)?(\?[^#]*)?$', 'i');
  if parts is null or lower(parts[1]) <> all (schemes) then
    return null;
  end if;
  parsed.scheme := lower(parts[1]);
  parsed.host := rtrim(btrim(lower(parts[2]), '[]'), '.');
  parsed.port := coalesce(parts[3]::integer, private.default_port(parsed.scheme));
  parsed.path := coalesce(parts[4], '');
  parsed.query := coalesce(parts[5], '');
  if parsed.host = '' or parsed.port not between 1 and 65535 then
    return null;
  end if;
  return parsed;
end
$function$;
comment on function private.parse_address(text,text[]) is 'The parts of an address with one of the schemes, or null for what is none, carries a user name or a fragment, or is longer than 2048 characters.';

CREATE OR REPLACE FUNCTION private.parse_ip(address text)
 RETURNS inet
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return trim(address)::inet;
exception when invalid_text_representation then
  return null;
end
$function$;
comment on function private.parse_ip(text) is 'An IP address from text; null for what is none.';

CREATE OR REPLACE FUNCTION private.pg_cron_schedule(schedule text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  fields text[] := string_to_array(schedule, ' ');
begin
  if cardinality(fields) = 5 then
    return schedule;
  elsif fields[1] = '0' then
    return array_to_string(fields[2:], ' ');
  elsif fields[2:] = array['*', '*', '*', '*', '*'] and fields[1] ~ '^\*/[1-5]?[0-9]$' and fields[1] <> '*/0' then
    return substr(fields[1], 3) || ' seconds';
  elsif fields = array['*', '*', '*', '*', '*', '*'] then
    return '1 seconds';
  end if;
  perform private.fail(400, 'schedule_invalid', format('pg_cron cannot run "%s".', schedule),
    'With seconds it knows every N of them (*/10 * * * * *) and the full minute (0 …) only.');
  return null;
end
$function$;
comment on function private.pg_cron_schedule(text) is 'A schedule as pg_cron writes it: five fields, or "N seconds". Raises PT400 schedule_invalid for seconds that it does not know.';

CREATE OR REPLACE FUNCTION private.playback_url(template_key text, target_stream uuid, token text)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select nullif(replace(private.setting_text(template_key), '{stream_id}', target_stream::text), '') || coalesce('?token=' || token, '')
$function$;
comment on function private.playback_url(text,uuid,text) is 'A playback address from the template in a setting, with the token if there is one; null where the template is empty.';

CREATE OR REPLACE FUNCTION private.prepare_profile()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  new.username := lower(new.username);
  if new.username is null or new.username !~ '^[a-z0-9_]{3,30}$' then
    perform private.fail(400, 'username_invalid', 'username must be 3 to 30 characters of a-z, 0-9 and _.',
      'Choose another username.');
  end if;
  perform private.check_text('display_name', new.display_name, 0, 80);
  perform private.check_text('bio', new.bio, 0, 1000, multiline => true);
  perform private.check_text('avatar_url', new.avatar_url, 0, 2000);
  if new.avatar_url !~ '^https?://' then
    perform private.fail(400, 'avatar_url_invalid', 'avatar_url must be an http or https address.', 'Give a whole address, or null.');
  end if;
  new.updated_at := now();
  return new;
end
$function$;
comment on function private.prepare_profile() is 'Trigger: lower-cases the username and bounds each field (PT400 username_invalid, display_name_invalid, bio_invalid, avatar_url_invalid).';

CREATE OR REPLACE FUNCTION private.prepare_stream()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.check_text('title', new.title, 1, 140);
  perform private.check_text('description', new.description, 0, 5000, multiline => true);
  perform private.check_one_of('visibility', new.visibility, array['public', 'unlisted', 'private']);
  if new.category is not null then
    perform private.check_one_of('category', new.category,
      array(select jsonb_array_elements_text(private.setting('stream_categories'))));
  end if;
  perform private.check_stream_settings(new.settings);
  return new;
end
$function$;
comment on function private.prepare_stream() is 'Trigger: bounds what an owner may write (PT400 title_invalid, description_invalid, visibility_invalid, category_invalid, settings_invalid).';

CREATE OR REPLACE FUNCTION private.prepare_user()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.check_text('first_name', new.first_name, 0, 80);
  perform private.check_text('last_name', new.last_name, 0, 80);
  new.streams_allowed := private.streams_allowed(new.package_type, new.package_expires_at);
  new.updated_at := now();
  return new;
end
$function$;
comment on function private.prepare_user() is 'Trigger: bounds the names (PT400 first_name_invalid, last_name_invalid) and derives streams_allowed.';

CREATE OR REPLACE FUNCTION private.provide_request_stream(request public.stream_requests)
 RETURNS public.streams
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  stream public.streams;
begin
  select * into stream from public.streams where id = request.stream_id;
  if not found then
    stream := private.add_stream(request.user_id, request.title, request.description, 'private', null, '{}');
    update public.stream_requests set stream_id = stream.id where id = request.id;
  end if;
  return stream;
end
$function$;
comment on function private.provide_request_stream(public.stream_requests) is 'The stream under which a request''s sessions are kept, made private if it has none. The caller has locked its user''s row. Raises PT409 max_streams_reached.';

CREATE OR REPLACE FUNCTION private.provide_session_source(target_session uuid, signed_url text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if private.parse_address(signed_url, array['http', 'https']) is null then
    perform private.fail(400, 'source_url_invalid', 'source_url must be an http(s) address.', 'Give the signed URL of the file.');
  end if;
  update private.restream_jobs set source_url = signed_url where session_id = target_session and is_storage;
end
$function$;
comment on function private.provide_session_source(uuid,text) is 'See public.provide_session_source.';
grant execute on function private.provide_session_source(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION private.queue_session(request public.stream_requests, stream public.streams)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  given_source text := (select video_source from private.stream_request_secrets where request_id = request.id);
  in_storage boolean := request.video_url is null;
  session public.stream_sessions;
begin
  insert into public.stream_sessions (stream_id, user_id, kind, status, rtmp_url, video_source)
  values (stream.id, request.user_id, 'restream', 'starting', request.rtmp_url, request.video_source)
  returning * into session;
  insert into private.restream_jobs (session_id, request_id, source_url, is_storage)
  values (session.id, request.id, case when not in_storage then given_source end, in_storage);
  update public.stream_requests
  set status = 'streaming', session_id = session.id, started_at = now(), stopped_at = null
  where id = request.id;
  return session;
end
$function$;
comment on function private.queue_session(public.stream_requests,public.streams) is 'Makes a request''s session, starting, and its job.';

CREATE OR REPLACE FUNCTION private.read_events(after_position bigint, max_count integer, type_name text, type_names text[])
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  settled_position bigint;
begin
  perform private.check_page(max_count);
  settled_position := private.settle_events(after_position,
    case when type_name is null and type_names is null then max_count else 100000 end);
  return query
    select e.* from private.events as e
    where e.position > after_position and e.position <= settled_position
      and (type_name is null or e.aggregate_type = type_name)
      and (type_names is null or e.event_type = any (type_names))
    order by e.position
    limit max_count;
end
$function$;
comment on function private.read_events(bigint,integer,text,text[]) is 'See public.read_events.';
grant execute on function private.read_events(bigint,integer,text,text[]) to service_role;

CREATE OR REPLACE FUNCTION private.reap_sessions()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  owner_id uuid;
  stopped_count integer := 0;
begin
  for owner_id in
    select distinct user_id from private.ended_sessions order by user_id
  loop
    perform from public.users where id = owner_id for no key update skip locked;
    if found then
      stopped_count := stopped_count + private.stop_ended_sessions(owner_id);
    end if;
  end loop;
  return stopped_count;
end
$function$;
comment on function private.reap_sessions() is 'See public.reap_sessions.';
grant execute on function private.reap_sessions() to service_role;
grant execute on function private.reap_sessions() to streams_service;

CREATE OR REPLACE FUNCTION private.recall_refusal(stream_key private.stream_keys, publisher text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if stream_key.refused_publisher = publisher
    and stream_key.refused_at > now() - private.setting_seconds('ingest_refusal_memory_seconds') then
    return private.describe_refusal(stream_key.refusal_code, stream_key.refusal_message);
  end if;
  return null;
end
$function$;
comment on function private.recall_refusal(private.stream_keys,text) is 'The refusal that this publisher (media server and id) was just given with this key, or null: who asks twice gets one answer.';

CREATE OR REPLACE FUNCTION private.record_health(target_session uuid, stats jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into private.stream_health (session_id, bitrate_kbps, fps, speed, dropped_frames, out_seconds)
  select target_session, given.bitrate_kbps, given.fps, given.speed, given.dropped_frames, given.out_seconds
  from jsonb_to_record(stats) as given (bitrate_kbps numeric, fps numeric, speed numeric, dropped_frames integer, out_seconds numeric);
exception when data_exception then
  perform private.fail(400, 'stats_invalid', 'stats must be an object of numbers: bitrate_kbps, fps, speed, dropped_frames, out_seconds.', 'Leave out what is unknown.');
end
$function$;
comment on function private.record_health(uuid,jsonb) is 'Notes how a session goes. Raises PT400 stats_invalid.';

CREATE OR REPLACE FUNCTION private.record_viewers(given jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  samples private.viewer_sample[];
  stream public.streams;
  changed_count integer := 0;
begin
  if coalesce(jsonb_typeof(given), '') <> 'array' or jsonb_array_length(given) > 100000 then
    perform private.fail(400, 'samples_invalid', 'samples must be a JSON array of up to 100000 samples.',
      'Give objects of stream_id, session_id, at_ms, viewers, peak, uniques and viewer_seconds.');
  end if;
  perform pg_advisory_xact_lock(hashtextextended('record_viewers', 0));
  select array_agg(distinct_sample) into samples from (
    select distinct on (sample.session_id) sample as distinct_sample
    from jsonb_populate_recordset(null::private.viewer_sample, given) as sample
    order by sample.session_id, sample.at_ms desc) as newest;
  samples := array(select sample from private.lock_sampled_sessions(samples) as sample);
  samples := array(select sample from private.store_samples(samples) as sample);
  for stream in select * from private.apply_samples(samples) loop
    perform private.send_viewers(stream);
    changed_count := changed_count + 1;
  end loop;
  return jsonb_build_object('recorded', cardinality(samples), 'changed', changed_count);
end
$function$;
comment on function private.record_viewers(jsonb) is 'See public.record_viewers.';
grant execute on function private.record_viewers(jsonb) to service_role;

CREATE OR REPLACE FUNCTION private.refuse_event_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.fail(403, 'event_log_append_only', 'The event log can only be appended to.',
    'Append an event that says what is different now; archive_events detaches old partitions.');
  return null;
end
$function$;
comment on function private.refuse_event_change() is 'Trigger: refuses update, delete and truncate for everybody, the owner included (PT403 event_log_append_only).';

CREATE OR REPLACE FUNCTION private.refuse_ingest(attempt private.ingest_attempt, refusal_code text, refusal_message text, limit_count integer DEFAULT NULL::integer, active_count integer DEFAULT NULL::integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.log_admission(attempt, refusal_code, refusal_message, null, limit_count, active_count);
  update private.stream_keys
  set refused_publisher = attempt.media_server || ' ' || attempt.publisher_id, refused_at = now(),
      refusal_code = refuse_ingest.refusal_code, refusal_message = refuse_ingest.refusal_message
  where id = attempt.key_id;
  -- Whoever knows an address can present a wrong key; that must not fill the owner's history.
  if attempt.key_id is not null then
    perform private.append_notice('Stream', attempt.stream_id, 'AdmissionRefused', jsonb_build_object('rule', refusal_code, 'message', refusal_message,
      'limit_count', limit_count, 'active_count', active_count, 'media_server', attempt.media_server, 'client_ip', attempt.client_ip,
      'key_prefix', attempt.key_prefix), attempt.user_id);
  end if;
  return private.describe_refusal(refusal_code, refusal_message);
end
$function$;
comment on function private.refuse_ingest(private.ingest_attempt,text,text,integer,integer) is 'Records a refusal and answers it.';

CREATE OR REPLACE FUNCTION private.register_device(new_name text, new_type text)
 RETURNS public.user_sessions
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  owner_id uuid := private.require_user();
  session_id uuid := (auth.jwt() ->> 'session_id')::uuid;
  device public.user_sessions;
begin
  if session_id is null then
    perform private.fail(401, 'session_required', 'The access token names no session.', 'Sign in again.');
  end if;
  perform private.check_text('device_name', new_name, 1, 100);
  perform private.check_one_of('device_type', new_type, array['web', 'phone', 'tablet', 'desktop', 'tv', 'console', 'other']);
  insert into public.user_sessions as known (id, user_id, device_name, device_type, user_agent, ip, expires_at)
  values (session_id, owner_id, new_name, new_type, left(private.request_header('user-agent'), 400), private.client_ip(),
    (select not_after from auth.sessions where id = session_id))
  on conflict (id) do update
    set device_name = excluded.device_name, device_type = excluded.device_type,
        user_agent = excluded.user_agent, ip = excluded.ip, last_seen_at = now()
    where known.revoked_at is null and known.user_id = excluded.user_id
  returning * into device;
  if not found then
    perform private.fail(403, 'session_revoked', 'This session was ended from another device.', 'Sign in again.');
  end if;
  return device;
end
$function$;
comment on function private.register_device(text,text) is 'See public.register_device.';
grant execute on function private.register_device(text,text) to authenticated;

CREATE OR REPLACE FUNCTION private.register_log_table(parent text, period text, keep_for interval)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  execute format('create table %s_default partition of %s default', parent, parent);
  insert into private.log_tables values (parent, period, keep_for);
  perform private.maintain_partitions();
end
$function$;
comment on function private.register_log_table(text,text,interval) is 'Gives a new log table (schema.table, partitioned by range of created_at) its default partition, its first partitions and its keeping. For migrations.';

CREATE OR REPLACE FUNCTION private.reject_stream_request(wanted_request uuid, notes text)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  request public.stream_requests;
begin
  perform private.require_admin();
  perform private.check_text('notes', notes, 0, 2000, multiline => true);
  request := private.lock_managed_request(wanted_request);
  if request.status = 'rejected' then
    return request;
  end if;
  update public.stream_requests
  set status = 'rejected', admin_notes = coalesce(notes, admin_notes), stopped_at = case when status = 'streaming' then now() else stopped_at end
  where id = request.id returning * into request;
  if request.session_id is not null then
    perform private.ask_to_stop(request.session_id);
  end if;
  return request;
end
$function$;
comment on function private.reject_stream_request(uuid,text) is 'See public.reject_stream_request.';
grant execute on function private.reject_stream_request(uuid,text) to authenticated;
grant execute on function private.reject_stream_request(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION private.release_publisher(held_session uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update public.stream_sessions set disconnected_at = coalesce(disconnected_at, now()), publisher_id = null
  where id = held_session
$function$;
comment on function private.release_publisher(uuid) is 'Disconnects a session whose publisher''s id has come up for another stream: a media server that restarted counts its connections from the start.';

CREATE OR REPLACE FUNCTION private.renew_ingest(server text, publishers text[], complete boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  known text[];
  lost_count integer := 0;
begin
  perform private.check_text('media_server', server, 1, 100);
  if cardinality(publishers) > 10000 then
    perform private.fail(400, 'publisher_ids_invalid', format('At most 10000 publishers at once, got %s.', cardinality(publishers)),
      'Report in parts, with is_complete false.');
  end if;
  -- A session that somebody is changing is left alone: waiting for several rows at once could deadlock.
  update public.stream_sessions set last_seen_at = now(), disconnected_at = null
  where id in (
    select id from public.stream_sessions
    where media_server = server and publisher_id = any (publishers) and is_active and kind = 'ingest'
    for no key update skip locked
  );
  select coalesce(array_agg(publisher_id), '{}') into known from public.stream_sessions
  where media_server = server and publisher_id = any (publishers) and is_active and kind = 'ingest';
  if complete then
    update public.stream_sessions set disconnected_at = now()
    where id in (
      select id from public.stream_sessions
      where media_server = server and publisher_id <> all (publishers)
        and is_active and kind = 'ingest' and disconnected_at is null
      for no key update skip locked
    );
    get diagnostics lost_count = row_count;
  end if;
  return jsonb_build_object(
    'renewed', to_jsonb(known),
    'unknown', to_jsonb(array(select unnest(publishers) except select unnest(known))),
    'disconnected', lost_count);
end
$function$;
comment on function private.renew_ingest(text,text[],boolean) is 'See public.renew_ingest.';
grant execute on function private.renew_ingest(text,text[],boolean) to service_role;
grant execute on function private.renew_ingest(text,text[],boolean) to streams_service;

CREATE OR REPLACE FUNCTION private.renew_session(target_session uuid, worker text, stats jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  held public.stream_sessions := private.hold_session(target_session, worker);
begin
  if jsonb_typeof(stats) <> 'null' then
    perform private.record_health(target_session, stats);
  end if;
  return jsonb_build_object('status', held.status,
    'lease_seconds', (select lease_seconds from private.restream_jobs where session_id = target_session));
end
$function$;
comment on function private.renew_session(uuid,text,jsonb) is 'See public.renew_session.';
grant execute on function private.renew_session(uuid,text,jsonb) to restream_worker;
grant execute on function private.renew_session(uuid,text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION private.replay(type_name text, target_id uuid, as_of timestamp with time zone, at_version bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  base private.event_snapshots := private.nearest_snapshot(type_name, target_id, as_of, at_version);
  base_version bigint := coalesce(base.version, 0);
  state jsonb := base.state;
  event_data jsonb;
begin
  if not exists (select from private.event_log as e where e.aggregate_type = type_name and e.aggregate_id = target_id and e.version = base_version + 1)
    and base_version < private.first_kept_version(type_name, target_id) - 1 and coalesce(at_version, base_version + 1) > base_version then
    perform private.fail(410, 'events_archived', format('The events of %s %s from that time are archived.', type_name, target_id),
      'Ask for a later moment or version, or look into the archived partitions.');
  end if;
  for event_data in
    select e.event_data from private.event_log as e
    where e.aggregate_type = type_name and e.aggregate_id = target_id
      and e.version > base_version
      and e.version <= coalesce(at_version, 9223372036854775807) and e.created_at <= coalesce(as_of, 'infinity')
    order by e.version
  loop
    -- `new` is merged in; without it the state stays; after `"new": null` there is none.
    state := case
      when not event_data ? 'new' then state
      when jsonb_typeof(event_data -> 'new') = 'object' then coalesce(state, '{}') || (event_data -> 'new')
    end;
  end loop;
  return state;
end
$function$;
comment on function private.replay(text,uuid,timestamp with time zone,bigint) is 'See public.replay.';
grant execute on function private.replay(text,uuid,timestamp with time zone,bigint) to service_role;

CREATE OR REPLACE FUNCTION private.report_session(target_session uuid, worker text, report_status text, container text, report text, code integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  held public.stream_sessions;
begin
  perform private.check_one_of('status', report_status, array['starting', 'running', 'stopped', 'error']);
  perform private.check_text('container_id', container, 0, 100);
  perform from public.users
  where id = (select user_id from public.stream_sessions where id = target_session) for no key update;
  select * into held from public.stream_sessions where id = target_session and worker_id = worker and not is_active and report_status in ('stopped', 'error');
  if found then
    return jsonb_build_object('status', held.status); -- told twice
  end if;
  held := private.hold_session(target_session, worker);
  if report_status = 'running' then
    update public.stream_sessions
    set status = case status when 'starting' then 'running' else status end, started_at = coalesce(started_at, now()), container_id = coalesce(container, container_id)
    where id = target_session;
    update private.restream_jobs set starting_since = null where session_id = target_session;
  elsif report_status = 'starting' and held.status <> 'stopping' then
    perform private.requeue_session(target_session, 0);
  else
    perform private.end_restream(held, case report_status when 'error' then 'error' else 'stopped' end, report, code);
  end if;
  select * into held from public.stream_sessions where id = target_session;
  return jsonb_build_object('status', held.status);
end
$function$;
comment on function private.report_session(uuid,text,text,text,text,integer) is 'See public.report_session.';
grant execute on function private.report_session(uuid,text,text,text,text,integer) to restream_worker;
grant execute on function private.report_session(uuid,text,text,text,text,integer) to service_role;

CREATE OR REPLACE FUNCTION private.request_header(header_name text)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select nullif(current_setting('request.headers', true), '')::jsonb ->> lower(header_name)
$function$;
comment on function private.request_header(text) is 'A header of the API request that is being served, or null outside of one.';

CREATE OR REPLACE FUNCTION private.request_stream(source text, target text, new_title text, new_description text, repeats boolean)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  owner_id uuid := private.require_user();
  needs_approval boolean := private.setting('approval_required')::boolean;
  shown_source text := private.check_video_source(source, owner_id);
  parsed_target private.address := private.check_rtmp_url(target);
  open_count integer;
  created public.stream_requests;
begin
  perform private.check_text('title', new_title, 1, 140);
  perform private.check_text('description', new_description, 0, 5000, multiline => true);
  perform from public.users where id = owner_id for no key update;
  select count(*) into open_count from public.stream_requests where user_id = owner_id and status in ('pending', 'approved', 'streaming');
  if open_count >= private.setting_integer('max_open_requests_per_user') then
    perform private.fail(409, 'max_requests_reached', format('You have %s open requests; the limit is %s.', open_count,
      private.setting_integer('max_open_requests_per_user')), 'Cancel a request that you no longer need.');
  end if;
  insert into public.stream_requests (user_id, video_source, rtmp_url, title, description, repeat, status, approved_at)
  values (owner_id, shown_source, private.mask_rtmp_url(parsed_target), new_title, new_description, coalesce(repeats, false),
    case when needs_approval then 'pending' else 'approved' end, case when not needs_approval then now() end)
  returning * into created;
  insert into private.stream_request_secrets values (created.id, source, target);
  return created;
end
$function$;
comment on function private.request_stream(text,text,text,text,boolean) is 'See public.request_stream.';
grant execute on function private.request_stream(text,text,text,text,boolean) to authenticated;

CREATE OR REPLACE FUNCTION private.requeue_session(target_session uuid, requeues integer)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.stream_sessions set status = 'starting', worker_id = null, container_id = null where id = target_session;
  update private.restream_jobs
  set requeue_count = requeue_count + requeues, starting_since = now(), queued_at = now(), lease_seconds = null, lease_expires_at = null
  where session_id = target_session;
end
$function$;
comment on function private.requeue_session(uuid,integer) is 'Puts a session back into the queue; requeues (0 or 1) counts against restream_max_requeues.';

CREATE OR REPLACE FUNCTION private.require_admin()
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if not (private.is_admin() or private.is_trusted_caller()) then
    perform private.fail(403, 'admin_required', 'Only an admin may do this.', 'Sign in as an admin.');
  end if;
end
$function$;
comment on function private.require_admin() is 'Raises PT403 admin_required unless the caller is an admin, holds the secret key, or owns the database.';

CREATE OR REPLACE FUNCTION private.require_readable_stream(wanted_stream uuid, admins_too boolean DEFAULT true)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  perform from public.streams where id = wanted_stream and private.may_oversee(user_id, admins_too);
  if not found then
    perform private.fail_stream_not_found(wanted_stream);
  end if;
end
$function$;
comment on function private.require_readable_stream(uuid,boolean) is 'Raises PT404 stream_not_found unless the stream is the caller''s, or the caller is trusted or (unless admins_too is false) an admin: what others than its viewers may read of it.';

CREATE OR REPLACE FUNCTION private.require_schedule_extensions(secret_name text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  missing text := (
    select string_agg(wanted.label, ', ' order by wanted.label collate "C")
    from (values ('pg_cron', 'cron.job'), ('pg_net', 'net.http_request_queue'), ('Vault', 'vault.decrypted_secrets')) as wanted (label, relation)
    where to_regclass(wanted.relation) is null);
  is_known boolean;
begin
  if missing is not null then
    perform private.fail(501, 'extensions_missing', format('This database has no %s.', missing),
      'Enable them under Database > Extensions; the local stack needs none, its scheduler reads private.scheduled_jobs itself.');
  end if;
  execute format('select exists (select from %I.decrypted_secrets where name = $1)', 'vault') into is_known using secret_name;
  if not is_known then
    perform private.fail(404, 'secret_not_found', format('Vault has no secret "%s".', secret_name),
      format('Store the project''s secret key: select vault.create_secret(''sb_secret_…'', %L).', secret_name));
  end if;
end
$function$;
comment on function private.require_schedule_extensions(text) is 'Raises PT501 extensions_missing without pg_cron, pg_net and Vault, PT404 secret_not_found without the secret.';

CREATE OR REPLACE FUNCTION private.require_user()
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if auth.uid() is null then
    perform private.fail(401, 'sign_in_required', 'You are not signed in.', 'Sign in and call again with the user''s access token.');
  end if;
  return auth.uid();
end
$function$;
comment on function private.require_user() is 'The signed-in user''s id. Raises PT401 sign_in_required for anybody else.';

CREATE OR REPLACE FUNCTION private.resize_consumer(consumer_name text, wanted_size integer)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  slowest_position bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('consumer ' || consumer_name, 0));
  if exists (select from private.event_consumer_members where consumer = consumer_name and size = wanted_size) then
    return;
  end if;
  perform from private.event_consumer_members where consumer = consumer_name order by member for update;
  if exists (select from private.event_consumer_members where consumer = consumer_name and leased_until > clock_timestamp()) then
    perform private.fail(409, 'consumer_busy', format('Consumer %s has members at work, so its size cannot become %s now.', consumer_name, wanted_size),
      'Let them acknowledge, or their leases run out, then claim with the new size.');
  end if;
  select min(acknowledged_position) into slowest_position from private.event_consumer_members where consumer = consumer_name;
  delete from private.event_consumer_members where consumer = consumer_name;
  insert into private.event_consumer_members (consumer, member, size, acknowledged_position)
  select consumer_name, member, wanted_size, coalesce(slowest_position, 0) from generate_series(0, wanted_size - 1) as member;
end
$function$;
comment on function private.resize_consumer(text,integer) is 'Makes a consumer with this many members, or gives it as many; then all go on from the slowest, and some events come again. Raises PT409 consumer_busy.';

CREATE OR REPLACE FUNCTION private.resume_session(attempt private.ingest_attempt, target_session uuid)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  resumed public.stream_sessions;
begin
  update public.stream_sessions
  set media_server = attempt.media_server, publisher_id = attempt.publisher_id, client_ip = attempt.client_ip,
      last_seen_at = now(), disconnected_at = null, resumed_at = now()
  where id = target_session
  returning * into resumed;
  return resumed;
end
$function$;
comment on function private.resume_session(private.ingest_attempt,uuid) is 'Hands a session to a publisher that came back.';

CREATE OR REPLACE FUNCTION private.revoke_session(target_session uuid)
 RETURNS public.user_sessions
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  owner_id uuid := private.require_user();
  revoked public.user_sessions;
begin
  update public.user_sessions set revoked_at = coalesce(revoked_at, now())
  where id = target_session and user_id = owner_id
  returning * into revoked;
  if not found then
    perform private.fail(404, 'session_not_found', format('You have no session %s.', target_session),
      'Your sessions are in user_sessions.');
  end if;
  delete from auth.sessions where id = target_session and user_id = owner_id;
  return revoked;
end
$function$;
comment on function private.revoke_session(uuid) is 'See public.revoke_session.';
grant execute on function private.revoke_session(uuid) to authenticated;

CREATE OR REPLACE FUNCTION private.rotate_stream_key(target_stream uuid, grace_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  managed public.streams := private.lock_managed_stream(target_stream);
  valid_until timestamptz;
begin
  if grace_seconds is null or grace_seconds not between 0 and 604800 then
    perform private.fail(400, 'grace_seconds_invalid', format('grace_seconds must be 0 to 604800, got %s.', coalesce(grace_seconds::text, 'nothing')),
      'Give how long the old key shall still work, at most a week.');
  end if;
  valid_until := now() + make_interval(secs => grace_seconds);
  update private.stream_keys
  set expires_at = least(expires_at, valid_until),
      revoked_at = case when grace_seconds = 0 then now() end
  where stream_id = managed.id and revoked_at is null and coalesce(expires_at, 'infinity') > now();
  perform private.append_notice('Stream', managed.id, 'StreamKeyRotated', jsonb_build_object('previous_valid_until', valid_until), managed.user_id);
  return jsonb_build_object('stream_key', private.create_stream_key(managed.id), 'previous_valid_until', valid_until);
end
$function$;
comment on function private.rotate_stream_key(uuid,integer) is 'See public.rotate_stream_key.';
grant execute on function private.rotate_stream_key(uuid,integer) to authenticated;
grant execute on function private.rotate_stream_key(uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION private.send_realtime(payload jsonb, event text, topic text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if to_regprocedure('realtime.send(jsonb,text,text,boolean)') is not null then
    perform realtime.send(payload, event, topic, true);
  end if;
end
$function$;
comment on function private.send_realtime(jsonb,text,text) is 'Sends a broadcast on a private topic when this transaction commits; nothing where Realtime is not installed. For other functions only.';

CREATE OR REPLACE FUNCTION private.send_request_notice()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  event private.event_log;
begin
  select * into event from private.event_log
  where aggregate_type = 'StreamRequest' and aggregate_id = new.id order by version desc limit 1;
  perform private.send_realtime(
    private.describe_notice(event) || jsonb_build_object('request_id', new.id, 'status', new.status, 'admin_notes', new.admin_notes),
    event.event_type, 'user:' || new.user_id);
  return null;
end
$function$;
comment on function private.send_request_notice() is 'Trigger after those that append: tells a user what became of a request: {request_id, status, admin_notes, type, version, position, at}.';

CREATE OR REPLACE FUNCTION private.send_status(event private.event_log)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  stream public.streams;
begin
  select * into stream from public.streams where id = event.aggregate_id;
  perform private.send_realtime(
    private.describe_notice(event) || jsonb_build_object('status', coalesce(stream.status, 'deleted'), 'is_live', coalesce(stream.is_live, false),
      'started_at', stream.started_at, 'ended_at', stream.ended_at),
    'status', 'stream:' || event.aggregate_id);
end
$function$;
comment on function private.send_status(private.event_log) is 'Tells a stream''s topic what it is now: event status, {status, is_live, started_at, ended_at, type, version, position, at}.';

CREATE OR REPLACE FUNCTION private.send_user_notice(event private.event_log)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  details jsonb;
begin
  if event.aggregate_type = 'StreamSession' then
    select jsonb_build_object('session_id', id, 'stream_id', stream_id, 'ended_reason', ended_reason) into details
    from public.stream_sessions where id = event.aggregate_id;
  else
    details := jsonb_build_object('stream_id', event.aggregate_id, 'rule', event.event_data -> 'rule', 'message', event.event_data -> 'message',
      'limit_count', event.event_data -> 'limit_count', 'active_count', event.event_data -> 'active_count');
  end if;
  perform private.send_realtime(private.describe_notice(event) || coalesce(details, '{}'), event.event_type, 'user:' || event.user_id);
end
$function$;
comment on function private.send_user_notice(private.event_log) is 'Tells a user what happened to their sessions, or why a publish was refused: the event is its type, the payload has type, version, position, at and the details.';

CREATE OR REPLACE FUNCTION private.send_viewers(stream public.streams)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.send_realtime(
    jsonb_build_object('viewer_count', stream.viewer_count, 'peak_viewers', stream.peak_viewers, 'at', now()),
    'viewers', 'stream:' || stream.id);
end
$function$;
comment on function private.send_viewers(public.streams) is 'Tells a stream''s topic its numbers: event viewers, {viewer_count, peak_viewers, at}.';

CREATE OR REPLACE FUNCTION private.set_setting(setting_key text, new_value jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  old_value jsonb;
begin
  perform private.require_admin();
  select value into old_value from private.settings where key = setting_key for no key update;
  if not found then
    perform private.fail(404, 'setting_not_found', format('There is no setting "%s".', left(setting_key, 60)),
      'The table private.settings lists them.');
  end if;
  if new_value is null or jsonb_typeof(new_value) <> jsonb_typeof(old_value) then
    perform private.fail(400, 'value_invalid',
      format('The setting %s is a %s, got %s.', setting_key, jsonb_typeof(old_value), coalesce(jsonb_typeof(new_value), 'nothing')),
      format('Give a JSON %s.', jsonb_typeof(old_value)));
  end if;
  if jsonb_typeof(new_value) = 'number' and ((new_value #>> '{}') !~ '^\d{1,9}$') then
    perform private.fail(400, 'value_invalid', format('The setting %s is a whole number from 0 to 999999999.', setting_key),
      'Give a whole number.');
  end if;
  update private.settings set value = new_value where key = setting_key;
  return new_value;
end
$function$;
comment on function private.set_setting(text,jsonb) is 'See public.set_setting.';
grant execute on function private.set_setting(text,jsonb) to authenticated;
grant execute on function private.set_setting(text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION private.set_user_package(target_user uuid, new_package text, new_expiry timestamp with time zone)
 RETURNS public.users
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  changed public.users;
begin
  perform private.require_admin();
  if new_package is not null and not exists (select from public.packages where id = new_package and active) then
    perform private.fail(400, 'package_type_invalid', format('There is no package "%s" on sale.', left(new_package, 60)),
      'Choose one of public.packages, or null for none.');
  end if;
  if new_expiry <= now() then
    perform private.fail(400, 'expires_at_invalid', format('expires_at %s is past.', new_expiry), 'Give a moment to come, or null for no end.');
  end if;
  update public.users
  set package_type = new_package,
      package_expires_at = case when new_package is not null then new_expiry end
  where id = target_user
  returning * into changed;
  if not found then
    perform private.fail(404, 'user_not_found', format('There is no user %s.', target_user), 'Check the id.');
  end if;
  return changed;
end
$function$;
comment on function private.set_user_package(uuid,text,timestamp with time zone) is 'See public.set_user_package.';
grant execute on function private.set_user_package(uuid,text,timestamp with time zone) to authenticated;
grant execute on function private.set_user_package(uuid,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION private.set_user_role(target_user uuid, new_role text)
 RETURNS public.users
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  changed public.users;
begin
  perform private.require_admin();
  perform private.check_one_of('role', new_role, array['user', 'moderator', 'admin']);
  -- All admins are locked in one order, so that two of them cannot demote each other at once.
  perform from public.users where role = 'admin' order by id for no key update;
  if new_role <> 'admin' and not exists (select from public.users where role = 'admin' and id <> target_user)
    and exists (select from public.users where role = 'admin' and id = target_user) then
    perform private.fail(409, 'last_admin', 'This is the last admin.', 'Make somebody else an admin first.');
  end if;
  update public.users set role = new_role, updated_at = now() where id = target_user returning * into changed;
  if not found then
    perform private.fail(404, 'user_not_found', format('There is no user %s.', target_user), 'Check the id.');
  end if;
  return changed;
end
$function$;
comment on function private.set_user_role(uuid,text) is 'See public.set_user_role.';
grant execute on function private.set_user_role(uuid,text) to authenticated;
grant execute on function private.set_user_role(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION private.setting(wanted_key text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  found_value jsonb := (select value from private.settings where key = wanted_key);
begin
  if found_value is null then
    perform private.fail(500, 'setting_missing', format('The setting "%s" does not exist.', wanted_key),
      'Run the migrations; every setting is created by the one that needs it.');
  end if;
  return found_value;
end
$function$;
comment on function private.setting(text) is 'The value of a setting. Raises PT500 setting_missing for a key that no migration created. For other functions only.';

CREATE OR REPLACE FUNCTION private.setting_integer(wanted_key text)
 RETURNS integer
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.setting(wanted_key)::integer;
end
$function$;
comment on function private.setting_integer(text) is 'The value of a whole-number setting. Errors as private.setting.';

CREATE OR REPLACE FUNCTION private.setting_seconds(wanted_key text)
 RETURNS interval
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return make_interval(secs => private.setting(wanted_key)::double precision);
end
$function$;
comment on function private.setting_seconds(text) is 'The value of a setting that counts seconds, as an interval. Errors as private.setting.';

CREATE OR REPLACE FUNCTION private.setting_text(wanted_key text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.setting(wanted_key) #>> '{}';
end
$function$;
comment on function private.setting_text(text) is 'The value of a text setting. Errors as private.setting.';

CREATE OR REPLACE FUNCTION private.settle_events(after_position bigint, window_size integer)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  base bigint := greatest(after_position, (select settled_position from private.event_watermark));
  run_end bigint;
  seen_count integer;
begin
  select max(seen.position) filter (where seen.position = base + seen.place), count(*) into run_end, seen_count
  from (
    select log.position, row_number() over (order by log.position) as place
    from (select position from private.event_log where position > base order by position limit window_size) as log
  ) as seen;
  run_end := coalesce(run_end, base);
  if run_end < base + seen_count or seen_count >= 10000 then
    return private.move_watermark(run_end);
  end if;
  return run_end;
end
$function$;
comment on function private.settle_events(bigint,integer) is 'Up to which position a reader that has read all up to after_position may read now, looking at most window_size events ahead. Writes only at a missing position, and once in 10000 events.';

CREATE OR REPLACE FUNCTION private.settle_lost_session(lost private.lost_sessions)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if lost.status = 'stopping' then
    perform private.stop_session(lost.id, lost.reason);
  elsif lost.requeue_count < private.setting_integer('restream_max_requeues') then
    perform private.requeue_session(lost.id, 1);
  else
    update public.stream_sessions
    set status = 'error', stopped_at = now(), ended_reason = lost.reason,
        error = format('%s %s times.', case lost.reason when 'lease_expired' then 'The worker was lost' else 'No worker got it running' end, lost.requeue_count + 1)
    where id = lost.id;
  end if;
end
$function$;
comment on function private.settle_lost_session(private.lost_sessions) is 'Queues a lost session anew, stops it where that was asked for, ends it in error where it was queued anew too often. The caller has locked its user''s row.';

CREATE OR REPLACE FUNCTION private.show_host(address private.address)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select address.scheme || '://' || case when address.host ~ ':' then '[' || address.host || ']' else address.host end
    || case when address.port = private.default_port(address.scheme) then '' else ':' || address.port end
$function$;
comment on function private.show_host(private.address) is 'Scheme, host and port as they are written.';

CREATE OR REPLACE FUNCTION private.sign_playback(target_stream uuid, expiry bigint)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select expiry || '.' || encode(extensions.hmac(
    convert_to(target_stream || '.' || expiry, 'utf8'),
    (select secret from private.secrets where name = 'playback'), 'sha256'), 'hex')
$function$;
comment on function private.sign_playback(uuid,bigint) is 'A playback token: <expiry, seconds since 1970>.<HMAC-SHA256 of "<stream id>.<expiry>" in hex>.';

CREATE OR REPLACE FUNCTION private.snapshot_partition(target private.event_partitions)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into private.event_snapshots (aggregate_type, aggregate_id, version, state, hash, created_at)
  select newest.aggregate_type, newest.aggregate_id, newest.version,
    private.replay(newest.aggregate_type, newest.aggregate_id, null, newest.version), newest.hash, newest.created_at
  from (
    select distinct on (aggregate_type, aggregate_id) aggregate_type, aggregate_id, version, hash, created_at
    from private.event_log
    where position >= target.first_position and position < target.end_position
    order by aggregate_type, aggregate_id, version desc
  ) as newest
  on conflict do nothing;
end
$function$;
comment on function private.snapshot_partition(private.event_partitions) is 'Snapshots every aggregate at its last event in a partition, so that replaying and verifying can begin after it.';

CREATE OR REPLACE FUNCTION private.start_session(attempt private.ingest_attempt)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  started public.stream_sessions;
begin
  insert into public.stream_sessions (stream_id, user_id, kind, status, media_server, publisher_id, stream_key_id,
    client_ip, last_seen_at, started_at)
  values (attempt.stream_id, attempt.user_id, 'ingest', 'running', attempt.media_server, attempt.publisher_id, attempt.key_id,
    attempt.client_ip, now(), now())
  returning * into started;
  return started;
end
$function$;
comment on function private.start_session(private.ingest_attempt) is 'Makes the running session of an admitted publisher.';

CREATE OR REPLACE FUNCTION private.start_stream_request(wanted_request uuid)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  request public.stream_requests := private.lock_managed_request(wanted_request);
  stream public.streams;
  session public.stream_sessions;
begin
  if request.status = 'streaming' then
    select * into session from public.stream_sessions where id = request.session_id;
    return session;
  elsif request.status not in ('approved', 'stopped') or request.approved_at is null then
    perform private.fail(409, 'request_not_approved',
      format('This request is %s.', case when request.status = 'stopped' then 'cancelled' else request.status end),
      case when request.status = 'pending' then 'Wait until an admin has approved it.' else 'Make a new request.' end);
  end if;
  stream := private.provide_request_stream(request);
  perform private.admit_restream(stream);
  return private.queue_session(request, stream);
end
$function$;
comment on function private.start_stream_request(uuid) is 'See public.start_stream_request.';
grant execute on function private.start_stream_request(uuid) to authenticated;
grant execute on function private.start_stream_request(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.stop_ended_sessions(owner_id uuid)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  ended private.ended_sessions;
  stopped_count integer := 0;
begin
  for ended in select * from private.ended_sessions where user_id = owner_id for update loop
    perform private.stop_session(ended.id, ended.reason, ended.ended_at);
    stopped_count := stopped_count + 1;
  end loop;
  return stopped_count;
end
$function$;
comment on function private.stop_ended_sessions(uuid) is 'Stops a user''s ingest sessions that came to their end. The caller has locked the user''s row. Returns how many.';

CREATE OR REPLACE FUNCTION private.stop_restream(target_session uuid)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  session public.stream_sessions;
begin
  select * into session from public.stream_sessions
  where id = target_session and private.may_oversee(user_id);
  if not found then
    perform private.fail(404, 'session_not_found', format('There is no session %s that you may stop.', target_session), 'Check the id.');
  elsif session.kind <> 'restream' then
    perform private.fail(409, 'session_not_restream', 'An encoder pushes this session.', 'Stop the encoder, or disable the stream.');
  end if;
  perform from public.users where id = session.user_id for no key update;
  return private.ask_to_stop(target_session);
end
$function$;
comment on function private.stop_restream(uuid) is 'See public.stop_restream.';
grant execute on function private.stop_restream(uuid) to authenticated;
grant execute on function private.stop_restream(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.stop_session(target_session uuid, reason text, moment timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.stream_sessions
  set status = 'stopped', ended_reason = reason, stopped_at = moment
  where id = target_session and is_active;
end
$function$;
comment on function private.stop_session(uuid,text,timestamp with time zone) is 'Ends a session with a reason, if it is active. The caller has locked its user''s row.';

CREATE OR REPLACE FUNCTION private.stop_stream(target_stream uuid, reason text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.stop_session(id, reason) from public.stream_sessions where stream_id = target_stream and is_active
$function$;
comment on function private.stop_stream(uuid,text) is 'Ends a stream''s running sessions. The caller has locked its user''s row.';

CREATE OR REPLACE FUNCTION private.store_samples(samples private.viewer_sample[])
 RETURNS SETOF private.viewer_sample
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return query
    with stored as (
      insert into private.viewer_samples (created_at, stream_id, session_id, viewer_count, peak_viewers, unique_viewers, viewer_seconds)
      select to_timestamp(sample.at_ms / 1000.0), sample.stream_id, sample.session_id, sample.viewers,
        case when sample.peak > session.peak_viewers then sample.peak else sample.viewers end, sample.uniques, sample.viewer_seconds
      from unnest(samples) as sample
      join public.stream_sessions as session on session.id = sample.session_id
      where not exists (
        select from private.viewer_samples as newer
        where newer.session_id = sample.session_id and newer.created_at >= to_timestamp(sample.at_ms / 1000.0))
      on conflict do nothing
      returning viewer_samples.session_id
    )
    select sample.* from unnest(samples) as sample join stored using (session_id);
end
$function$;
comment on function private.store_samples(private.viewer_sample[]) is 'Stores the samples that are newer than what is stored of their session, and returns those.';

CREATE OR REPLACE FUNCTION private.streams_allowed(package_type text, package_expires_at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return coalesce(
    (select packages.streams_allowed from public.packages
      where packages.id = streams_allowed.package_type
        and coalesce(streams_allowed.package_expires_at, 'infinity') > now()),
    private.setting_integer('default_streams_allowed')
  );
end
$function$;
comment on function private.streams_allowed(text,timestamp with time zone) is 'How many sessions a user with this package may run at once now; the setting default_streams_allowed without a package or after its expiry.';

CREATE OR REPLACE FUNCTION private.suggest_username(account auth.users)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case when char_length(cleaned) >= 3 then cleaned else trim('_' from 'user_' || cleaned) end
  from (
    select left(trim('_' from regexp_replace(lower(left(
      coalesce(account.raw_user_meta_data ->> 'username', split_part(account.email, '@', 1), ''),
      100)), '[^a-z0-9_]+', '_', 'g')), 30) as cleaned
  ) as suggestion
$function$;
comment on function private.suggest_username(auth.users) is 'A valid username from the sign-up''s metadata or e-mail; not yet unique.';

CREATE OR REPLACE FUNCTION private.take_snapshot(head private.event_heads)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into private.event_snapshots (aggregate_type, aggregate_id, version, state, hash, created_at)
  values (head.aggregate_type, head.aggregate_id, head.version,
    private.replay(head.aggregate_type, head.aggregate_id, null, head.version), head.hash, head.last_event_at)
  on conflict do nothing;
  update private.event_heads set snapshot_due = version + greatest(private.setting_integer('events_per_snapshot'), 1)
  where aggregate_type = head.aggregate_type and aggregate_id = head.aggregate_id;
end
$function$;
comment on function private.take_snapshot(private.event_heads) is 'Snapshots an aggregate at its newest version. The caller has locked its head.';

CREATE OR REPLACE FUNCTION private.touch_updated_at()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  new.updated_at := now();
  return new;
end
$function$;
comment on function private.touch_updated_at() is 'Trigger: keeps updated_at.';

CREATE OR REPLACE FUNCTION private.validate_stream_key(stream_key text)
 RETURNS uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select found.stream_id
  from private.stream_keys as known
  cross join lateral private.find_stream_key(known.stream_id, split_part(stream_key, '?key=', 2)) as found
  where known.secret_hash = private.hash_stream_key(split_part(stream_key, '?key=', 2))
    and known.stream_id::text = lower(split_part(stream_key, '?key=', 1))
    and found.id is not null
$function$;
comment on function private.validate_stream_key(text) is 'See public.validate_stream_key.';
grant execute on function private.validate_stream_key(text) to service_role;
grant execute on function private.validate_stream_key(text) to streams_service;

CREATE OR REPLACE FUNCTION private.verify_events(type_name text, target_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  link private.event_log;
  head private.event_heads;
  chain_version bigint := 0;
  chain_hash bytea := ''::bytea;
  checked_count bigint := 0;
begin
  select * into head from private.event_heads where aggregate_type = type_name and aggregate_id = target_id;
  for link in
    select * from private.event_log where aggregate_type = type_name and aggregate_id = target_id order by version
  loop
    if checked_count = 0 then
      select version, hash into chain_version, chain_hash from private.event_snapshots
      where aggregate_type = type_name and aggregate_id = target_id and version < link.version
      order by version desc limit 1;
      chain_version := coalesce(chain_version, 0);
      chain_hash := coalesce(chain_hash, ''::bytea);
    end if;
    if link.version is distinct from chain_version + 1 or link.hash is distinct from private.hash_event(chain_hash, link) then
      return jsonb_build_object('valid', false, 'checked', checked_count, 'first_broken_version', chain_version + 1);
    end if;
    chain_version := link.version;
    chain_hash := link.hash;
    checked_count := checked_count + 1;
  end loop;
  if checked_count > 0 and (head.version, head.hash) is distinct from (chain_version, chain_hash)
    or checked_count = 0 and head.version > 0 and not exists (select from private.event_snapshots
      where aggregate_type = type_name and aggregate_id = target_id and version = head.version and hash = head.hash) then
    return jsonb_build_object('valid', false, 'checked', checked_count, 'first_broken_version', chain_version + 1);
  end if;
  return jsonb_build_object('valid', true, 'checked', checked_count, 'first_broken_version', null);
end
$function$;
comment on function private.verify_events(text,uuid) is 'See public.verify_events.';
grant execute on function private.verify_events(text,uuid) to service_role;

CREATE OR REPLACE FUNCTION private.viewer_settings()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_object_agg(key, value) from private.settings where key like 'viewer\_%'
$function$;
comment on function private.viewer_settings() is 'The settings that begin with viewer_, as {key: value}.';

-- Schema public ---------------------------------------------------------------------------------

grant usage on schema public to restream_worker;
grant usage on schema public to streams_service;

create type public.event as (
  "position" bigint,
  id uuid,
  aggregate_type text,
  aggregate_id uuid,
  version bigint,
  event_type text,
  event_data jsonb,
  metadata jsonb,
  user_id uuid,
  created_at timestamp with time zone
);
comment on type public.event is 'An event as readers get it.';

create table public.packages (
  id text not null,
  name text not null,
  streams_allowed integer not null,
  price_cents bigint not null,
  currency character(3) not null,
  billing_interval text not null,
  active boolean default true not null,
  constraint packages_pkey PRIMARY KEY (id),
  constraint packages_billing_interval_check CHECK (billing_interval = ANY (ARRAY['month'::text, 'year'::text])),
  constraint packages_currency_check CHECK (currency ~ '^[A-Z]{3}$'::text),
  constraint packages_id_check CHECK (id ~ '^[a-z][a-z0-9_]{1,29}$'::text),
  constraint packages_name_check CHECK (char_length(name) >= 1 AND char_length(name) <= 60),
  constraint packages_price_cents_check CHECK (price_cents >= 0),
  constraint packages_streams_allowed_check CHECK (streams_allowed >= 0)
);
alter table public.packages enable row level security;
comment on table public.packages is 'What a user can buy: how many streams may run at once, and the price. Readable by all; changed in Studio.';
comment on column public.packages.streams_allowed is 'Sessions (ingest and restream together) that may run at once.';
comment on column public.packages.price_cents is 'Price of one billing interval in minor units of the currency.';
comment on column public.packages.currency is 'ISO 4217 code.';
comment on column public.packages.active is 'False: no longer sold; who has it keeps it.';
grant all on public.packages to service_role;
grant select on public.packages to anon;
grant select on public.packages to authenticated;
create policy packages_select on public.packages for select to anon, authenticated
  using (true);
CREATE TRIGGER packages_apply_to_users AFTER UPDATE OF streams_allowed ON public.packages FOR EACH ROW WHEN (old.streams_allowed IS DISTINCT FROM new.streams_allowed) EXECUTE FUNCTION private.apply_package_to_users();
insert into public.packages (id, name, streams_allowed, price_cents, currency, billing_interval, active) values ('creator', 'Creator', '3', '2900', 'USD', 'month', 'true');
insert into public.packages (id, name, streams_allowed, price_cents, currency, billing_interval, active) values ('pro', 'Pro', '10', '9900', 'USD', 'month', 'true');
insert into public.packages (id, name, streams_allowed, price_cents, currency, billing_interval, active) values ('starter', 'Starter', '1', '900', 'USD', 'month', 'true');

create table public.profiles (
  id uuid not null,
  username text not null,
  display_name text,
  avatar_url text,
  bio text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint profiles_pkey PRIMARY KEY (id),
  constraint profiles_id_fkey FOREIGN KEY (id) REFERENCES public.users(id) ON DELETE CASCADE,
  constraint profiles_username_key UNIQUE (username)
);
alter table public.profiles enable row level security;
comment on table public.profiles is 'What everybody may see of a user. Readable by all; changed by its owner.';
comment on column public.profiles.username is '3 to 30 of a-z, 0-9 and _; stored in lower case, so unique without regard to case.';
CREATE INDEX profiles_username_prefix_idx ON public.profiles USING btree (username text_pattern_ops);
grant all on public.profiles to service_role;
grant select on public.profiles to anon;
grant select on public.profiles to authenticated;
grant update (avatar_url) on public.profiles to authenticated;
grant update (bio) on public.profiles to authenticated;
grant update (display_name) on public.profiles to authenticated;
grant update (username) on public.profiles to authenticated;
create policy profiles_select on public.profiles for select to anon, authenticated
  using (true);
create policy profiles_update on public.profiles for update to authenticated
  using (id = (( SELECT auth.uid() AS uid)))
  with check (id = (( SELECT auth.uid() AS uid)));
CREATE TRIGGER profiles_append_created AFTER INSERT ON public.profiles FOR EACH ROW EXECUTE FUNCTION private.append_change('Profile', 'ProfileCreated');
CREATE TRIGGER profiles_append_deleted AFTER DELETE ON public.profiles FOR EACH ROW EXECUTE FUNCTION private.append_change('Profile', 'ProfileDeleted');
CREATE TRIGGER profiles_append_updated AFTER UPDATE ON public.profiles FOR EACH ROW EXECUTE FUNCTION private.append_change('Profile', 'ProfileUpdated');
CREATE TRIGGER profiles_prepare BEFORE INSERT OR UPDATE OF username, display_name, avatar_url, bio ON public.profiles FOR EACH ROW EXECUTE FUNCTION private.prepare_profile();

create table public.stream_requests (
  id uuid default gen_random_uuid() not null,
  user_id uuid not null,
  stream_id uuid,
  session_id uuid,
  video_source text not null,
  video_url text generated always as (
CASE
    WHEN (video_source ~ '^https?://'::text) THEN video_source
    ELSE NULL::text
END) stored,
  rtmp_url text not null,
  title text not null,
  description text,
  repeat boolean default false not null,
  status text default 'pending'::text not null,
  admin_notes text,
  approved_by uuid,
  created_at timestamp with time zone default now() not null,
  approved_at timestamp with time zone,
  started_at timestamp with time zone,
  stopped_at timestamp with time zone,
  constraint stream_requests_pkey PRIMARY KEY (id),
  constraint stream_requests_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES public.users(id) ON DELETE SET NULL,
  constraint stream_requests_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.stream_sessions(id) ON DELETE SET NULL,
  constraint stream_requests_status_check CHECK (status = ANY (ARRAY['pending'::text, 'approved'::text, 'rejected'::text, 'streaming'::text, 'stopped'::text])),
  constraint stream_requests_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES public.streams(id) ON DELETE SET NULL,
  constraint stream_requests_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE
);
alter table public.stream_requests enable row level security;
comment on table public.stream_requests is 'A user''s wish to have a video pushed to an RTMP address elsewhere. Its owner and admins read it; only functions write it.';
comment on column public.stream_requests.stream_id is 'The stream under which its sessions are kept; made at the first start.';
comment on column public.stream_requests.session_id is 'The newest session.';
comment on column public.stream_requests.video_source is 'The video: videos/<user id>/<file> in storage, or an http(s) address with its query masked.';
comment on column public.stream_requests.video_url is 'video_source where it is an address; null for a file in storage.';
comment on column public.stream_requests.rtmp_url is 'The target, its key masked.';
comment on column public.stream_requests.repeat is 'Begin again at the end of the video, until stopped.';
comment on column public.stream_requests.status is 'pending, approved, rejected, streaming (a session is active), stopped (may be started again while approved_at is set; cancelled otherwise).';
comment on column public.stream_requests.approved_by is 'The admin; null where no approval was required.';
CREATE INDEX stream_requests_approved_by_idx ON public.stream_requests USING btree (approved_by);
CREATE INDEX stream_requests_newest_idx ON public.stream_requests USING btree (created_at DESC, id);
CREATE INDEX stream_requests_session_idx ON public.stream_requests USING btree (session_id);
CREATE INDEX stream_requests_status_idx ON public.stream_requests USING btree (status, created_at DESC);
CREATE INDEX stream_requests_stream_idx ON public.stream_requests USING btree (stream_id);
CREATE INDEX stream_requests_user_idx ON public.stream_requests USING btree (user_id, created_at DESC);
grant all on public.stream_requests to service_role;
grant delete, insert, select, update on public.stream_requests to streams_service;
grant select on public.stream_requests to authenticated;
create policy stream_requests_select on public.stream_requests for select to authenticated
  using (user_id >= (( SELECT private.first_visible_user() AS first_visible_user)) AND user_id <= (( SELECT private.last_visible_user() AS last_visible_user)));
create policy stream_requests_service_all on public.stream_requests for all to streams_service
  using (true)
  with check (true);
CREATE TRIGGER stream_requests_append_approved AFTER UPDATE OF status ON public.stream_requests FOR EACH ROW WHEN (old.status <> new.status AND new.status = 'approved'::text) EXECUTE FUNCTION private.append_change('StreamRequest', 'StreamRequestApproved');
CREATE TRIGGER stream_requests_append_deleted AFTER DELETE ON public.stream_requests FOR EACH ROW EXECUTE FUNCTION private.append_change('StreamRequest', 'StreamRequestDeleted');
CREATE TRIGGER stream_requests_append_rejected AFTER UPDATE OF status ON public.stream_requests FOR EACH ROW WHEN (old.status <> new.status AND new.status = 'rejected'::text) EXECUTE FUNCTION private.append_change('StreamRequest', 'StreamRequestRejected');
CREATE TRIGGER stream_requests_append_requested AFTER INSERT ON public.stream_requests FOR EACH ROW EXECUTE FUNCTION private.append_change('StreamRequest', 'StreamRequested');
CREATE TRIGGER stream_requests_append_started AFTER UPDATE OF status ON public.stream_requests FOR EACH ROW WHEN (old.status <> new.status AND new.status = 'streaming'::text) EXECUTE FUNCTION private.append_change('StreamRequest', 'StreamRequestStarted');
CREATE TRIGGER stream_requests_append_stopped AFTER UPDATE OF status ON public.stream_requests FOR EACH ROW WHEN (old.status <> new.status AND new.status = 'stopped'::text) EXECUTE FUNCTION private.append_change('StreamRequest', 'StreamRequestStopped');
CREATE TRIGGER stream_requests_append_updated AFTER UPDATE ON public.stream_requests FOR EACH ROW WHEN (old.status = new.status) EXECUTE FUNCTION private.append_change('StreamRequest', 'StreamRequestUpdated');
CREATE TRIGGER stream_requests_enforce_transitions BEFORE UPDATE OF status ON public.stream_requests FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION private.enforce_transitions('pending>approved', 'pending>rejected', 'pending>stopped', 'approved>rejected', 'approved>streaming', 'approved>stopped', 'streaming>stopped', 'streaming>rejected', 'stopped>streaming', 'stopped>rejected');
CREATE TRIGGER stream_requests_send_notice AFTER UPDATE OF status ON public.stream_requests FOR EACH ROW WHEN (old.status <> new.status) EXECUTE FUNCTION private.send_request_notice();

create table public.stream_sessions (
  id uuid default gen_random_uuid() not null,
  stream_id uuid not null,
  user_id uuid not null,
  kind text not null,
  status text not null,
  is_active boolean generated always as ((status = ANY (ARRAY['starting'::text, 'running'::text, 'stopping'::text]))) stored not null,
  container_id text,
  worker_id text,
  rtmp_url text,
  video_source text,
  media_server text,
  publisher_id text,
  stream_key_id uuid,
  client_ip inet,
  last_seen_at timestamp with time zone,
  disconnected_at timestamp with time zone,
  resumed_at timestamp with time zone,
  ended_reason text,
  error text,
  exit_code integer,
  peak_viewers integer default 0 not null,
  unique_viewers integer default 0 not null,
  average_viewers numeric(12,2) default 0 not null,
  viewer_seconds bigint default 0 not null,
  bytes_in bigint default 0 not null,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  stopped_at timestamp with time zone,
  constraint stream_sessions_pkey PRIMARY KEY (id),
  constraint stream_sessions_counters_check CHECK (LEAST(peak_viewers::numeric, unique_viewers::numeric, average_viewers, viewer_seconds::numeric, bytes_in::numeric) >= 0::numeric),
  constraint stream_sessions_kind_check CHECK (kind = ANY (ARRAY['ingest'::text, 'restream'::text])),
  constraint stream_sessions_status_check CHECK (status = ANY (ARRAY['starting'::text, 'running'::text, 'stopping'::text, 'stopped'::text, 'error'::text])),
  constraint stream_sessions_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES public.streams(id) ON DELETE CASCADE,
  constraint stream_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE
) with (fillfactor=80);
alter table public.stream_sessions enable row level security;
comment on table public.stream_sessions is 'One row for each time that a stream was pushed in (ingest) or out (restream). Its owner and admins read it; only functions write it.';
comment on column public.stream_sessions.is_active is 'starting, running or stopping: counts against the package''s limit.';
comment on column public.stream_sessions.container_id is 'restream: the container in which it runs, with the driver docker.';
comment on column public.stream_sessions.worker_id is 'restream: the worker that has it, and which of its starts: host#1a2b3c4d.';
comment on column public.stream_sessions.rtmp_url is 'restream: the target, its key masked.';
comment on column public.stream_sessions.video_source is 'restream: the video, a signature in its address masked.';
comment on column public.stream_sessions.media_server is 'ingest: the media server that holds the publisher.';
comment on column public.stream_sessions.publisher_id is 'ingest: the media server''s own id of the publisher''s connection.';
comment on column public.stream_sessions.stream_key_id is 'ingest: which of the stream''s keys was used (see get_stream_keys).';
comment on column public.stream_sessions.last_seen_at is 'When the media server or worker was last heard of; the session''s lease runs from here.';
comment on column public.stream_sessions.disconnected_at is 'When the publisher went; null while connected. Within the reconnect grace it may resume.';
comment on column public.stream_sessions.resumed_at is 'When the publisher last reconnected to this session.';
comment on column public.stream_sessions.ended_reason is 'ingest: disconnected, lease_expired, disabled, deleted; restream: finished, stopped, failed, lease_expired, not_started, disabled, deleted.';
comment on column public.stream_sessions.error is 'restream: what went wrong, with the last lines that ffmpeg wrote.';
comment on column public.stream_sessions.exit_code is 'restream: ffmpeg''s exit code.';
comment on column public.stream_sessions.viewer_seconds is 'Sum over viewers of the seconds watched.';
comment on column public.stream_sessions.bytes_in is 'ingest: what its publishers sent, added up as each leaves.';
CREATE INDEX stream_sessions_active_idx ON public.stream_sessions USING btree (user_id) WHERE is_active;
CREATE UNIQUE INDEX stream_sessions_active_ingest_idx ON public.stream_sessions USING btree (stream_id) WHERE is_active AND kind = 'ingest'::text;
CREATE UNIQUE INDEX stream_sessions_publisher_idx ON public.stream_sessions USING btree (media_server, publisher_id) WHERE is_active AND kind = 'ingest'::text;
CREATE INDEX stream_sessions_stopped_idx ON public.stream_sessions USING btree (stopped_at) WHERE kind = 'ingest'::text AND NOT is_active;
CREATE INDEX stream_sessions_stream_idx ON public.stream_sessions USING btree (stream_id, created_at DESC);
CREATE INDEX stream_sessions_user_idx ON public.stream_sessions USING btree (user_id, created_at DESC);
grant all on public.stream_sessions to service_role;
grant delete, insert, select, update on public.stream_sessions to streams_service;
grant select on public.stream_sessions to authenticated;
create policy stream_sessions_select on public.stream_sessions for select to authenticated
  using (user_id >= (( SELECT private.first_visible_user() AS first_visible_user)) AND user_id <= (( SELECT private.last_visible_user() AS last_visible_user)));
create policy stream_sessions_service_all on public.stream_sessions for all to streams_service
  using (true)
  with check (true);
CREATE TRIGGER stream_sessions_announce_deleted AFTER DELETE ON public.stream_sessions FOR EACH ROW WHEN (old.kind = 'restream'::text AND old.is_active AND old.worker_id IS NOT NULL) EXECUTE FUNCTION private.announce_deleted_session();
CREATE TRIGGER stream_sessions_append_counted AFTER UPDATE OF peak_viewers, unique_viewers, average_viewers, viewer_seconds ON public.stream_sessions FOR EACH ROW WHEN (NOT old.is_active AND NOT new.is_active) EXECUTE FUNCTION private.append_change('StreamSession', 'SessionCounted', 'last_seen_at,bytes_in');
CREATE TRIGGER stream_sessions_append_deleted AFTER DELETE ON public.stream_sessions FOR EACH ROW EXECUTE FUNCTION private.append_change('StreamSession', 'SessionDeleted', 'last_seen_at,bytes_in,peak_viewers,unique_viewers,average_viewers,viewer_seconds');
CREATE TRIGGER stream_sessions_append_disconnected AFTER UPDATE OF disconnected_at ON public.stream_sessions FOR EACH ROW WHEN (old.is_active AND new.is_active AND old.disconnected_at IS NULL AND new.disconnected_at IS NOT NULL) EXECUTE FUNCTION private.append_change('StreamSession', 'SessionDisconnected', 'last_seen_at,bytes_in,peak_viewers,unique_viewers,average_viewers,viewer_seconds', 'bytes_in');
CREATE TRIGGER stream_sessions_append_ended AFTER UPDATE OF status ON public.stream_sessions FOR EACH ROW WHEN (old.is_active AND NOT new.is_active) EXECUTE FUNCTION private.append_change('StreamSession', 'SessionEnded', 'last_seen_at,bytes_in,peak_viewers,unique_viewers,average_viewers,viewer_seconds', 'bytes_in,peak_viewers,unique_viewers,average_viewers,viewer_seconds');
CREATE TRIGGER stream_sessions_append_resumed AFTER UPDATE OF disconnected_at ON public.stream_sessions FOR EACH ROW WHEN (old.is_active AND new.is_active AND old.disconnected_at IS NOT NULL AND new.disconnected_at IS NULL) EXECUTE FUNCTION private.append_change('StreamSession', 'SessionResumed', 'last_seen_at,bytes_in,peak_viewers,unique_viewers,average_viewers,viewer_seconds');
CREATE TRIGGER stream_sessions_append_started AFTER INSERT ON public.stream_sessions FOR EACH ROW EXECUTE FUNCTION private.append_change('StreamSession', 'SessionStarted', 'last_seen_at,bytes_in,peak_viewers,unique_viewers,average_viewers,viewer_seconds');
CREATE TRIGGER stream_sessions_append_updated AFTER UPDATE OF status, container_id, worker_id, rtmp_url, video_source, media_server, publisher_id, stream_key_id, client_ip, disconnected_at, ended_reason, error, exit_code, started_at, stopped_at ON public.stream_sessions FOR EACH ROW WHEN (old.is_active = new.is_active AND (old.disconnected_at IS NULL) = (new.disconnected_at IS NULL)) EXECUTE FUNCTION private.append_change('StreamSession', 'SessionUpdated', 'last_seen_at,bytes_in,peak_viewers,unique_viewers,average_viewers,viewer_seconds');
CREATE TRIGGER stream_sessions_apply_delete AFTER DELETE ON public.stream_sessions FOR EACH ROW WHEN (old.is_active) EXECUTE FUNCTION private.apply_session();
CREATE TRIGGER stream_sessions_apply_insert AFTER INSERT ON public.stream_sessions FOR EACH ROW WHEN (new.is_active) EXECUTE FUNCTION private.apply_session();
CREATE TRIGGER stream_sessions_apply_restream AFTER UPDATE OF status ON public.stream_sessions FOR EACH ROW WHEN (new.kind = 'restream'::text AND old.status <> new.status AND (new.status = ANY (ARRAY['stopping'::text, 'stopped'::text, 'error'::text]))) EXECUTE FUNCTION private.apply_restream_session();
CREATE TRIGGER stream_sessions_apply_update AFTER UPDATE OF status ON public.stream_sessions FOR EACH ROW WHEN (old.is_active IS DISTINCT FROM new.is_active) EXECUTE FUNCTION private.apply_session();
CREATE TRIGGER stream_sessions_enforce_transitions BEFORE UPDATE OF status ON public.stream_sessions FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION private.enforce_transitions('starting>running', 'starting>stopping', 'starting>stopped', 'starting>error', 'running>starting', 'running>stopping', 'running>stopped', 'running>error', 'stopping>stopped', 'stopping>error');

create table public.streams (
  id uuid default gen_random_uuid() not null,
  user_id uuid not null,
  title text not null,
  description text,
  category text,
  visibility text default 'public'::text not null,
  status text default 'idle'::text not null,
  is_live boolean generated always as ((status = 'live'::text)) stored not null,
  disabled_by text,
  viewer_count integer default 0 not null,
  peak_viewers integer default 0 not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  expires_at timestamp with time zone,
  settings jsonb default '{}'::jsonb not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint streams_pkey PRIMARY KEY (id),
  constraint streams_disabled_by_check CHECK (disabled_by = ANY (ARRAY['owner'::text, 'admin'::text])),
  constraint streams_peak_viewers_check CHECK (peak_viewers >= 0),
  constraint streams_status_check CHECK (status = ANY (ARRAY['idle'::text, 'live'::text, 'disabled'::text])),
  constraint streams_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE,
  constraint streams_user_id_fkey1 FOREIGN KEY (user_id) REFERENCES public.profiles(id) ON DELETE CASCADE,
  constraint streams_viewer_count_check CHECK (viewer_count >= 0),
  constraint streams_visibility_check CHECK (visibility = ANY (ARRAY['public'::text, 'unlisted'::text, 'private'::text]))
);
alter table public.streams enable row level security;
comment on table public.streams is 'A channel that can be broadcast to. All read public ones, the owner and admins every one; unlisted ones are reached through get_stream. Made by create_stream; the owner changes title, description, category, visibility and settings; the rest follows from stream_sessions by trigger.';
comment on column public.streams.category is 'One of the setting stream_categories, or null.';
comment on column public.streams.visibility is 'public: listed; unlisted: for who has the id; private: for the owner.';
comment on column public.streams.status is 'idle, live (a publisher is connected, or may reconnect within the grace), disabled (no publisher is admitted).';
comment on column public.streams.disabled_by is 'Who disabled it; what an admin disabled, only an admin enables.';
comment on column public.streams.viewer_count is 'Viewers now, as of the last count.';
comment on column public.streams.peak_viewers is 'Most viewers at once in the current or last session.';
comment on column public.streams.started_at is 'When the current or last broadcast began.';
comment on column public.streams.ended_at is 'When the last broadcast ended; null while live.';
comment on column public.streams.expires_at is 'From then on no publisher is admitted; null: never.';
comment on column public.streams.settings is 'The application''s own JSON object of up to 16 kB; keys named by the setting stream_settings_types have that type.';
CREATE INDEX streams_category_idx ON public.streams USING btree (category, created_at DESC, id);
CREATE INDEX streams_live_idx ON public.streams USING btree (started_at DESC, id) WHERE is_live;
CREATE INDEX streams_most_watched_idx ON public.streams USING btree (viewer_count DESC, id) WHERE is_live;
CREATE INDEX streams_newest_idx ON public.streams USING btree (created_at DESC, id);
CREATE INDEX streams_user_idx ON public.streams USING btree (user_id, created_at DESC);
grant all on public.streams to service_role;
grant delete, insert, select, update on public.streams to streams_service;
grant select on public.streams to anon;
grant select on public.streams to authenticated;
grant update (category) on public.streams to authenticated;
grant update (description) on public.streams to authenticated;
grant update (settings) on public.streams to authenticated;
grant update (title) on public.streams to authenticated;
grant update (visibility) on public.streams to authenticated;
create policy streams_select on public.streams for select to authenticated
  using (visibility = 'public'::text OR user_id >= (( SELECT private.first_visible_user() AS first_visible_user)) AND user_id <= (( SELECT private.last_visible_user() AS last_visible_user)));
create policy streams_select_anon on public.streams for select to anon
  using (visibility = 'public'::text);
create policy streams_service_all on public.streams for all to streams_service
  using (true)
  with check (true);
create policy streams_update on public.streams for update to authenticated
  using (user_id = (( SELECT auth.uid() AS uid)))
  with check (user_id = (( SELECT auth.uid() AS uid)));
CREATE TRIGGER streams_append_counted AFTER UPDATE OF peak_viewers ON public.streams FOR EACH ROW WHEN (old.ended_at IS NOT NULL AND new.ended_at IS NOT NULL AND old.peak_viewers <> new.peak_viewers) EXECUTE FUNCTION private.append_change('Stream', 'StreamCounted', 'viewer_count');
CREATE TRIGGER streams_append_created AFTER INSERT ON public.streams FOR EACH ROW EXECUTE FUNCTION private.append_change('Stream', 'StreamCreated', 'viewer_count,peak_viewers');
CREATE TRIGGER streams_append_deleted AFTER DELETE ON public.streams FOR EACH ROW EXECUTE FUNCTION private.append_change('Stream', 'StreamDeleted', 'viewer_count,peak_viewers');
CREATE TRIGGER streams_append_disabled AFTER UPDATE OF status ON public.streams FOR EACH ROW WHEN (old.status <> 'disabled'::text AND new.status = 'disabled'::text AND (old.ended_at IS NULL) = (new.ended_at IS NULL)) EXECUTE FUNCTION private.append_change('Stream', 'StreamDisabled', 'viewer_count,peak_viewers');
CREATE TRIGGER streams_append_enabled AFTER UPDATE OF status ON public.streams FOR EACH ROW WHEN (old.status = 'disabled'::text AND new.status <> 'disabled'::text) EXECUTE FUNCTION private.append_change('Stream', 'StreamEnabled', 'viewer_count,peak_viewers');
CREATE TRIGGER streams_append_ended AFTER UPDATE OF ended_at ON public.streams FOR EACH ROW WHEN (old.ended_at IS NULL AND new.ended_at IS NOT NULL) EXECUTE FUNCTION private.append_change('Stream', 'StreamEnded', 'viewer_count,peak_viewers', 'peak_viewers');
CREATE TRIGGER streams_append_started AFTER UPDATE OF status ON public.streams FOR EACH ROW WHEN (old.status <> 'live'::text AND new.status = 'live'::text) EXECUTE FUNCTION private.append_change('Stream', 'StreamStarted', 'viewer_count,peak_viewers');
CREATE TRIGGER streams_append_updated AFTER UPDATE OF title, description, category, visibility, status, disabled_by, expires_at, settings, updated_at ON public.streams FOR EACH ROW WHEN (old.status = new.status AND (old.ended_at IS NULL) = (new.ended_at IS NULL)) EXECUTE FUNCTION private.append_change('Stream', 'StreamUpdated', 'viewer_count,peak_viewers');
CREATE TRIGGER streams_enforce_transitions BEFORE UPDATE OF status ON public.streams FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION private.enforce_transitions('idle>live', 'live>idle', 'idle>disabled', 'live>disabled', 'disabled>idle');
CREATE TRIGGER streams_prepare BEFORE INSERT OR UPDATE OF title, description, category, visibility, settings ON public.streams FOR EACH ROW EXECUTE FUNCTION private.prepare_stream();
CREATE TRIGGER streams_touch_updated_at BEFORE UPDATE OF title, description, category, visibility, settings, status, expires_at ON public.streams FOR EACH ROW EXECUTE FUNCTION private.touch_updated_at();

create table public.user_sessions (
  id uuid not null,
  user_id uuid not null,
  device_name text not null,
  device_type text not null,
  user_agent text,
  ip inet,
  created_at timestamp with time zone default now() not null,
  last_seen_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint user_sessions_pkey PRIMARY KEY (id),
  constraint user_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE
);
alter table public.user_sessions enable row level security;
comment on table public.user_sessions is 'The devices that a user is signed in on, one row per auth session that called register_device. Its owner reads it.';
comment on column public.user_sessions.id is 'The access token''s session_id.';
comment on column public.user_sessions.device_type is 'web, phone, tablet, desktop, tv, console or other.';
comment on column public.user_sessions.last_seen_at is 'When the device last called register_device.';
comment on column public.user_sessions.expires_at is 'When the auth session ends by itself; null: it does not.';
comment on column public.user_sessions.revoked_at is 'When revoke_session ended it. Access tokens already given out run to their expiry (an hour).';
CREATE INDEX user_sessions_user_idx ON public.user_sessions USING btree (user_id, last_seen_at DESC);
grant all on public.user_sessions to service_role;
grant select on public.user_sessions to authenticated;
create policy user_sessions_select on public.user_sessions for select to authenticated
  using (user_id = (( SELECT auth.uid() AS uid)));
CREATE TRIGGER user_sessions_append_deleted AFTER DELETE ON public.user_sessions FOR EACH ROW EXECUTE FUNCTION private.append_change('UserSession', 'DeviceDeleted', 'last_seen_at');
CREATE TRIGGER user_sessions_append_registered AFTER INSERT ON public.user_sessions FOR EACH ROW EXECUTE FUNCTION private.append_change('UserSession', 'DeviceRegistered', 'last_seen_at');
CREATE TRIGGER user_sessions_append_revoked AFTER UPDATE OF revoked_at ON public.user_sessions FOR EACH ROW WHEN (old.revoked_at IS NULL AND new.revoked_at IS NOT NULL) EXECUTE FUNCTION private.append_change('UserSession', 'DeviceRevoked', 'last_seen_at');
CREATE TRIGGER user_sessions_append_updated AFTER UPDATE ON public.user_sessions FOR EACH ROW WHEN (NOT old.revoked_at IS DISTINCT FROM new.revoked_at) EXECUTE FUNCTION private.append_change('UserSession', 'DeviceUpdated', 'last_seen_at');

create table public.users (
  id uuid not null,
  email text,
  role text default 'user'::text not null,
  first_name text,
  last_name text,
  package_type text,
  package_expires_at timestamp with time zone,
  streams_allowed integer default 0 not null,
  streams_active integer default 0 not null,
  last_login_at timestamp with time zone,
  verified_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint users_pkey PRIMARY KEY (id),
  constraint users_id_fkey FOREIGN KEY (id) REFERENCES auth.users(id) ON DELETE CASCADE,
  constraint users_package_type_fkey FOREIGN KEY (package_type) REFERENCES public.packages(id),
  constraint users_role_check CHECK (role = ANY (ARRAY['user'::text, 'moderator'::text, 'admin'::text])),
  constraint users_streams_active_check CHECK (streams_active >= 0),
  constraint users_streams_allowed_check CHECK (streams_allowed >= 0)
);
alter table public.users enable row level security;
comment on table public.users is 'One row per auth.users, made by trigger. Its owner and admins read it; owners change first_name and last_name; role and package move through set_user_role and set_user_package; the rest follows from other rows by trigger.';
comment on column public.users.email is 'Copy of auth.users.email, kept by trigger.';
comment on column public.users.package_expires_at is 'When the package ends; null: it does not.';
comment on column public.users.streams_allowed is 'Sessions that may run at once, by package, expiry and the setting default_streams_allowed. Kept by trigger.';
comment on column public.users.streams_active is 'Sessions running now, counted from stream_sessions by trigger.';
comment on column public.users.last_login_at is 'Copy of auth.users.last_sign_in_at, kept by trigger.';
comment on column public.users.verified_at is 'When the e-mail address was confirmed; copy of auth.users.email_confirmed_at.';
CREATE INDEX users_admin_idx ON public.users USING btree (id) WHERE role = 'admin'::text;
CREATE INDEX users_email_idx ON public.users USING btree (lower(email));
CREATE INDEX users_package_idx ON public.users USING btree (package_type, package_expires_at);
grant all on public.users to service_role;
grant select on public.users to authenticated;
grant update (first_name) on public.users to authenticated;
grant update (last_name) on public.users to authenticated;
create policy users_select on public.users for select to authenticated
  using (id >= (( SELECT private.first_visible_user() AS first_visible_user)) AND id <= (( SELECT private.last_visible_user() AS last_visible_user)));
create policy users_update on public.users for update to authenticated
  using (id = (( SELECT auth.uid() AS uid)))
  with check (id = (( SELECT auth.uid() AS uid)));
CREATE TRIGGER users_append_deleted AFTER DELETE ON public.users FOR EACH ROW EXECUTE FUNCTION private.append_change('User', 'UserDeleted', 'streams_active');
CREATE TRIGGER users_append_package_changed AFTER UPDATE OF package_type, package_expires_at, streams_allowed ON public.users FOR EACH ROW WHEN (NOT old.role IS DISTINCT FROM new.role AND (old.package_type IS DISTINCT FROM new.package_type OR old.package_expires_at IS DISTINCT FROM new.package_expires_at OR old.streams_allowed IS DISTINCT FROM new.streams_allowed)) EXECUTE FUNCTION private.append_change('User', 'PackageChanged', 'streams_active');
CREATE TRIGGER users_append_registered AFTER INSERT ON public.users FOR EACH ROW EXECUTE FUNCTION private.append_change('User', 'UserRegistered', 'streams_active');
CREATE TRIGGER users_append_role_changed AFTER UPDATE OF role ON public.users FOR EACH ROW WHEN (old.role IS DISTINCT FROM new.role) EXECUTE FUNCTION private.append_change('User', 'RoleChanged', 'streams_active');
CREATE TRIGGER users_append_updated AFTER UPDATE OF email, first_name, last_name, last_login_at, verified_at, updated_at ON public.users FOR EACH ROW WHEN (NOT old.role IS DISTINCT FROM new.role AND NOT (old.package_type IS DISTINCT FROM new.package_type OR old.package_expires_at IS DISTINCT FROM new.package_expires_at OR old.streams_allowed IS DISTINCT FROM new.streams_allowed)) EXECUTE FUNCTION private.append_change('User', 'UserUpdated', 'streams_active');
CREATE TRIGGER users_prepare BEFORE INSERT OR UPDATE OF first_name, last_name, package_type, package_expires_at, streams_allowed ON public.users FOR EACH ROW EXECUTE FUNCTION private.prepare_user();

CREATE OR REPLACE FUNCTION public.acknowledge_events(consumer text, "position" bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.acknowledge_events(acknowledge_events.consumer, acknowledge_events.position);
end
$function$;
comment on function public.acknowledge_events(text,bigint) is 'All claimed events up to this position are handled. The lease ends with the last of them. True if that was news; a repeated acknowledgement changes nothing. Raises PT404 claim_not_found, PT409 events_not_claimed. Callable by service_role.';
grant execute on function public.acknowledge_events(text,bigint) to service_role;

CREATE OR REPLACE FUNCTION public.append_event(aggregate_type text, aggregate_id uuid, event_type text, event_data jsonb, expected_version bigint DEFAULT NULL::bigint, user_id uuid DEFAULT NULL::uuid, metadata jsonb DEFAULT '{}'::jsonb, event_id uuid DEFAULT NULL::uuid)
 RETURNS TABLE("position" bigint, version bigint)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  appended private.appended_event := private.append_event(append_event.aggregate_type, append_event.aggregate_id, append_event.event_type,
    append_event.event_data, append_event.expected_version, append_event.user_id, append_event.metadata, append_event.event_id);
begin
  append_event."position" := appended."position";
  append_event.version := appended.version;
  return next;
end
$function$;
comment on function public.append_event(text,uuid,text,jsonb,bigint,uuid,jsonb,uuid) is 'Appends an event to an aggregate and returns its position and version. expected_version: the version that the caller decided on (0: none yet); null appends in any case. The same event_id again returns the first answer and writes nothing. Raises PT409 version_conflict with both numbers, PT400 <field>_invalid. Callable by service_role.';
grant execute on function public.append_event(text,uuid,text,jsonb,bigint,uuid,jsonb,uuid) to service_role;

CREATE OR REPLACE FUNCTION public.append_events(aggregate_type text, aggregate_id uuid, events jsonb, expected_version bigint DEFAULT NULL::bigint)
 RETURNS TABLE("position" bigint, version bigint)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return query select * from private.append_events(append_events.aggregate_type, append_events.aggregate_id,
    append_events.events, append_events.expected_version);
end
$function$;
comment on function public.append_events(text,uuid,jsonb,bigint) is 'Appends 1 to 1000 events, [{event_type, event_data, user_id, metadata, event_id}], to an aggregate, all or none, with consecutive versions; returns position and version of the last. The same event ids again return the first answer. Raises PT409 version_conflict, PT409 event_id_conflict (some ids are known, others not), PT400 events_invalid or <field>_invalid. Callable by service_role.';
grant execute on function public.append_events(text,uuid,jsonb,bigint) to service_role;

CREATE OR REPLACE FUNCTION public.approve_stream_request(id uuid, notes text DEFAULT NULL::text)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.approve_stream_request(approve_stream_request.id, approve_stream_request.notes);
end
$function$;
comment on function public.approve_stream_request(uuid,text) is 'Lets a pending request be started; returns it. An approved one stays as it is. Admins only (PT403 admin_required). Raises PT400 notes_invalid, PT404 request_not_found, PT409 request_not_pending.';
grant execute on function public.approve_stream_request(uuid,text) to authenticated;
grant execute on function public.approve_stream_request(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION public.archive_events(before timestamp with time zone)
 RETURNS SETOF text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return query select * from private.archive_events(archive_events.before);
end
$function$;
comment on function public.archive_events(timestamp with time zone) is 'Detaches the oldest partitions of the event log whose events are all older than `before` and have been acknowledged by every consumer; snapshots their aggregates first. Returns the names of the detached tables, which stay in the schema private until somebody dumps and drops them. What is kept replays as before; older versions answer PT410 events_archived. Callable by service_role.';
grant execute on function public.archive_events(timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION public.authorize_play(stream_id uuid, token text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.authorize_play(authorize_play.stream_id, authorize_play.token)
$function$;
comment on function public.authorize_play(uuid,text) is 'May whoever opened a playback address with this token play? {allowed: true}, or {allowed: false, status, code, message, hint} with 404 stream_not_found, 403 stream_disabled or 403 playback_token_invalid. Callable by service_role and streams_service.';
grant execute on function public.authorize_play(uuid,text) to service_role;
grant execute on function public.authorize_play(uuid,text) to streams_service;

CREATE OR REPLACE FUNCTION public.begin_ingest(stream_id uuid, key text, media_server text, publisher_id text, client_ip text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.begin_ingest(begin_ingest.stream_id, begin_ingest.key, begin_ingest.media_server,
    begin_ingest.publisher_id, begin_ingest.client_ip);
end
$function$;
comment on function public.begin_ingest(uuid,text,text,text,text) is 'May this publisher (a connection publisher_id of media_server, from client_ip) broadcast to the stream with this key (the secret alone)? An answer, never an exception for a refusal, so that its record commits: {admitted: true, session_id, stream_id, user_id, resumed}, or {admitted: false, status, code, message, hint} with 401 stream_key_invalid, 402 stream_limit_reached, 403 stream_disabled, 409 stream_already_live or 410 stream_expired. The same publisher asking again gets the same answer and the same session. Raises PT400 media_server_invalid, publisher_id_invalid. Callable by service_role and streams_service.';
grant execute on function public.begin_ingest(uuid,text,text,text,text) to service_role;
grant execute on function public.begin_ingest(uuid,text,text,text,text) to streams_service;

CREATE OR REPLACE FUNCTION public.begin_job_run(job_name text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.begin_job_run(begin_job_run.job_name);
end
$function$;
comment on function public.begin_job_run(text) is 'Begins a run of a scheduled job: {begun: true, run_id}, or {begun: false, leased_until} while another run of it goes on. A run that outlives the job''s timeout is recorded as failed when the next one begins. Raises PT404 job_not_found. Callable by service_role.';
grant execute on function public.begin_job_run(text) to service_role;

CREATE OR REPLACE FUNCTION public.begin_viewing(stream_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.begin_viewing(begin_viewing.stream_id)
$function$;
comment on function public.begin_viewing(uuid) is 'What the edge function viewer asks before it counts a viewer: {session_id, started_at, viewer_count, settings}, for whoever get_stream lets see the stream. Writes nothing. Raises PT404 stream_not_found, PT404 stream_not_live.';
grant execute on function public.begin_viewing(uuid) to anon;
grant execute on function public.begin_viewing(uuid) to authenticated;
grant execute on function public.begin_viewing(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.cancel_stream_request(id uuid)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.cancel_stream_request(cancel_stream_request.id);
end
$function$;
comment on function public.cancel_stream_request(uuid) is 'Gives a request up for good and returns it: it is stopped, or, where it is streaming, will be when its session has ended. A rejected one stays as it is. For the owner and admins. Raises PT404 request_not_found.';
grant execute on function public.cancel_stream_request(uuid) to authenticated;
grant execute on function public.cancel_stream_request(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.claim_events(consumer text, max_count integer DEFAULT 100, lease_seconds integer DEFAULT 60, member integer DEFAULT NULL::integer, size integer DEFAULT 1)
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return query select * from private.claim_events(claim_events.consumer, claim_events.max_count, claim_events.lease_seconds, claim_events.member, claim_events.size);
end
$function$;
comment on function public.claim_events(text,integer,integer,integer,integer) is 'The next events of a consumer (made by its first claim, from the beginning of the log), at most max_count (1 to 1000), leased for lease_seconds (1 to 86400): handle them, then acknowledge_events with the last position. Not acknowledged in time, they are handed out again. With size > 1 that many members share the log by aggregate; member names one (0 to size - 1), null takes any that is free. No rows: nothing to do, or all members are leased. Raises PT400 <parameter>_invalid, PT409 consumer_busy (another size while members are at work). Callable by service_role.';
grant execute on function public.claim_events(text,integer,integer,integer,integer) to service_role;

CREATE OR REPLACE FUNCTION public.claim_session(worker_id text, lease_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.claim_session(claim_session.worker_id, claim_session.lease_seconds);
end
$function$;
comment on function public.claim_session(text,integer) is 'Gives the worker the session that has waited longest, for lease_seconds (10 to 3600), with the real source and target: {session: {id, source_url, is_storage, rtmp_url, repeat, attempt, lease_seconds}, rules: {forbidden_networks, allowed_source_hosts, allowed_target_hosts}}; or {session: null, retry_in_seconds} with the time until the next lease of another worker runs out (null: none is held). Raises PT400 worker_id_invalid, lease_seconds_invalid. Callable by restream_worker and service_role.';
grant execute on function public.claim_session(text,integer) to restream_worker;
grant execute on function public.claim_session(text,integer) to service_role;

CREATE OR REPLACE FUNCTION public.cleanup_orphaned_streams()
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.cleanup_orphaned_streams();
end
$function$;
comment on function public.cleanup_orphaned_streams() is 'Settles restream sessions that were lost (worker''s lease ran out, or starting for too long): queued anew up to restream_max_requeues times, then error with a reason; stopped where that was asked for. Run by the cleanup job and by each claim. Returns how many; those being changed at the moment wait for the next run. Callable by service_role and streams_service.';
grant execute on function public.cleanup_orphaned_streams() to service_role;
grant execute on function public.cleanup_orphaned_streams() to streams_service;

CREATE OR REPLACE FUNCTION public.create_snapshot(aggregate_type text, aggregate_id uuid, version bigint, state jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.create_snapshot(create_snapshot.aggregate_type, create_snapshot.aggregate_id, create_snapshot.version, create_snapshot.state);
end
$function$;
comment on function public.create_snapshot(text,uuid,bigint,jsonb) is 'Stores an aggregate''s state after one of its events, as an application that folds events its own way computed it; true if there was none. Snapshots are also taken by themselves, every events_per_snapshot events. Raises PT404 event_not_found. Callable by service_role.';
grant execute on function public.create_snapshot(text,uuid,bigint,jsonb) to service_role;

CREATE OR REPLACE FUNCTION public.create_stream(title text, description text DEFAULT NULL::text, visibility text DEFAULT 'public'::text, category text DEFAULT NULL::text, settings jsonb DEFAULT '{}'::jsonb)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.create_stream(create_stream.title, create_stream.description, create_stream.visibility,
    create_stream.category, create_stream.settings)
$function$;
comment on function public.create_stream(text,text,text,text,jsonb) is 'Makes a stream and its first key: {stream, stream_key, rtmp_url}. stream_key is what goes into the encoder''s "stream key" field; it is shown only here. For signed-in users. Raises PT400 <field>_invalid, PT401 sign_in_required, PT409 max_streams_reached.';
grant execute on function public.create_stream(text,text,text,text,jsonb) to authenticated;
grant execute on function public.create_stream(text,text,text,text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION public.delete_stream(stream_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.delete_stream(delete_stream.stream_id)
$function$;
comment on function public.delete_stream(uuid) is 'Ends a stream''s running session and deletes the stream with its keys and sessions. For the owner and admins. Raises PT404 stream_not_found.';
grant execute on function public.delete_stream(uuid) to authenticated;
grant execute on function public.delete_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.disable_stream(stream_id uuid)
 RETURNS public.streams
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.disable_stream(disable_stream.stream_id)
$function$;
comment on function public.disable_stream(uuid) is 'Ends a stream''s running session and admits no publisher until enable_stream; returns the row. For the owner and admins. Raises PT404 stream_not_found.';
grant execute on function public.disable_stream(uuid) to authenticated;
grant execute on function public.disable_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.enable_stream(stream_id uuid)
 RETURNS public.streams
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.enable_stream(enable_stream.stream_id)
$function$;
comment on function public.enable_stream(uuid) is 'Lets a disabled stream be broadcast to again; returns the row. For the owner and admins. Raises PT403 disabled_by_admin, PT404 stream_not_found.';
grant execute on function public.enable_stream(uuid) to authenticated;
grant execute on function public.enable_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.end_ingest(media_server text, publisher_id text, bytes_in bigint DEFAULT NULL::bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.end_ingest(end_ingest.media_server, end_ingest.publisher_id, end_ingest.bytes_in);
end
$function$;
comment on function public.end_ingest(text,text,bigint) is 'A publisher went: its session is disconnected and stops when the reconnect grace is over (reap_sessions), unless it comes back. bytes_in: what it sent over this connection. Returns {ended, session_id}; a publisher that holds no session changes nothing. Raises PT400 media_server_invalid, publisher_id_invalid. Callable by service_role and streams_service.';
grant execute on function public.end_ingest(text,text,bigint) to service_role;
grant execute on function public.end_ingest(text,text,bigint) to streams_service;

CREATE OR REPLACE FUNCTION public.event_consumers()
 RETURNS TABLE(consumer text, size integer, acknowledged_position bigint, lag bigint, leased_members bigint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query select * from private.get_event_consumers();
end
$function$;
comment on function public.event_consumers() is 'Each consumer with how far its slowest member has come (acknowledged_position), how many positions it lags behind the newest, and how many of its members hold a lease. Admins only (PT403 admin_required).';
grant execute on function public.event_consumers() to authenticated;
grant execute on function public.event_consumers() to service_role;

CREATE OR REPLACE FUNCTION public.expire_packages()
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.expire_packages()
$function$;
comment on function public.expire_packages() is 'Lets users.streams_allowed follow packages that ran out; run by the cleanup job. Returns how many users changed. Callable by service_role.';
grant execute on function public.expire_packages() to service_role;

CREATE OR REPLACE FUNCTION public.finish_job_run(job_name text, run_id bigint, ok boolean, result jsonb DEFAULT NULL::jsonb, error text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.finish_job_run(finish_job_run.job_name, finish_job_run.run_id, finish_job_run.ok, finish_job_run.result, finish_job_run.error);
end
$function$;
comment on function public.finish_job_run(text,bigint,boolean,jsonb,text) is 'Records how a run ended, and lets the job run again. True if that was news: false for a run that is recorded already, by itself or as timed out. Callable by service_role.';
grant execute on function public.finish_job_run(text,bigint,boolean,jsonb,text) to service_role;

CREATE OR REPLACE FUNCTION public.get_admissions(stream_id uuid, since timestamp with time zone DEFAULT (now() - '1 day'::interval), until timestamp with time zone DEFAULT 'infinity'::timestamp with time zone, max_count integer DEFAULT 100)
 RETURNS TABLE(created_at timestamp with time zone, admitted boolean, rule text, message text, session_id uuid, media_server text, client_ip inet, key_prefix text, limit_count integer, active_count integer)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select * from private.get_admissions(get_admissions.stream_id, get_admissions.since, get_admissions.until, get_admissions.max_count)
$function$;
comment on function public.get_admissions(uuid,timestamp with time zone,timestamp with time zone,integer) is 'Why publishers of a stream were admitted or refused, newest first, at most 1000 of since <= created_at < until. For the stream''s owner and admins. Raises PT404 stream_not_found.';
grant execute on function public.get_admissions(uuid,timestamp with time zone,timestamp with time zone,integer) to authenticated;
grant execute on function public.get_admissions(uuid,timestamp with time zone,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION public.get_audit_trail(user_id uuid, since timestamp with time zone DEFAULT NULL::timestamp with time zone, until timestamp with time zone DEFAULT NULL::timestamp with time zone, max_count integer DEFAULT 100, before_position bigint DEFAULT NULL::bigint)
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query select * from private.get_audit_trail(get_audit_trail.user_id, get_audit_trail.since, get_audit_trail.until,
    get_audit_trail.max_count, get_audit_trail.before_position);
end
$function$;
comment on function public.get_audit_trail(uuid,timestamp with time zone,timestamp with time zone,integer,bigint) is 'What happened to a user and to what is theirs, newest first, of since <= created_at < until, at most max_count (1 to 1000). The next page: before_position = the last position read. For signed-in users their own (PT403 audit_trail_forbidden otherwise), for admins anyone''s. Raises PT400 max_count_invalid.';
grant execute on function public.get_audit_trail(uuid,timestamp with time zone,timestamp with time zone,integer,bigint) to authenticated;
grant execute on function public.get_audit_trail(uuid,timestamp with time zone,timestamp with time zone,integer,bigint) to service_role;

CREATE OR REPLACE FUNCTION public.get_counted_sessions()
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.get_counted_sessions();
end
$function$;
comment on function public.get_counted_sessions() is 'The sessions of which record_viewers wants a sample, [{stream_id, session_id, started_at, has_ended, peak_viewers, viewer_seconds}], with what is stored of them: all that are live, and those that ended within the last minute until their end is recorded. Callable by service_role.';
grant execute on function public.get_counted_sessions() to service_role;

CREATE OR REPLACE FUNCTION public.get_events(aggregate_type text, aggregate_id uuid, from_version bigint DEFAULT 1, max_count integer DEFAULT 100)
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query select * from private.get_events(get_events.aggregate_type, get_events.aggregate_id, get_events.from_version, get_events.max_count);
end
$function$;
comment on function public.get_events(text,uuid,bigint,integer) is 'An aggregate''s events in the order of their versions, from from_version on, at most max_count (1 to 1000). Raises PT400 max_count_invalid. Callable by service_role.';
grant execute on function public.get_events(text,uuid,bigint,integer) to service_role;

CREATE OR REPLACE FUNCTION public.get_job_runs(name text, max_count integer DEFAULT 100)
 RETURNS TABLE(id bigint, job_name text, started_at timestamp with time zone, finished_at timestamp with time zone, ok boolean, result jsonb, error text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query
    select run.id, run.job_name, run.created_at, run.finished_at, run.ok, run.result, run.error
    from private.get_job_runs(get_job_runs.name, get_job_runs.max_count) as run;
end
$function$;
comment on function public.get_job_runs(text,integer) is 'The last runs of a scheduled job, newest first, at most 1000. Admins only (PT403 admin_required).';
grant execute on function public.get_job_runs(text,integer) to authenticated;
grant execute on function public.get_job_runs(text,integer) to service_role;

CREATE OR REPLACE FUNCTION public.get_playback(stream_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.get_playback(get_playback.stream_id)
$function$;
comment on function public.get_playback(uuid) is 'Where to play a live stream: {flv_url, hls_url, expires_at}. Addresses of unlisted and private streams carry a token that can be opened until expires_at; those of public streams do not end (null). For whoever get_stream lets see it. Raises PT404 stream_not_found, PT409 stream_not_live.';
grant execute on function public.get_playback(uuid) to anon;
grant execute on function public.get_playback(uuid) to authenticated;
grant execute on function public.get_playback(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.get_settings()
 RETURNS TABLE(key text, value jsonb, comment text)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select * from private.get_settings()
$function$;
comment on function public.get_settings() is 'All settings with their values and meaning. Admins only (PT403 admin_required).';
grant execute on function public.get_settings() to authenticated;
grant execute on function public.get_settings() to service_role;

CREATE OR REPLACE FUNCTION public.get_snapshot(aggregate_type text, aggregate_id uuid, at_version bigint DEFAULT NULL::bigint)
 RETURNS TABLE(version bigint, state jsonb, created_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query select * from private.get_snapshot(get_snapshot.aggregate_type, get_snapshot.aggregate_id, get_snapshot.at_version);
end
$function$;
comment on function public.get_snapshot(text,uuid,bigint) is 'The newest snapshot of an aggregate, or the newest at or before a version; no row where there is none. Callable by service_role.';
grant execute on function public.get_snapshot(text,uuid,bigint) to service_role;

CREATE OR REPLACE FUNCTION public.get_stream(stream_id uuid)
 RETURNS public.streams
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select * from private.get_stream(get_stream.stream_id)
$function$;
comment on function public.get_stream(uuid) is 'A stream by its id: public and unlisted ones for everybody, private ones for their owner and admins. Raises PT404 stream_not_found.';
grant execute on function public.get_stream(uuid) to anon;
grant execute on function public.get_stream(uuid) to authenticated;
grant execute on function public.get_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.get_stream_health(session_id uuid, since timestamp with time zone DEFAULT (now() - '01:00:00'::interval), max_count integer DEFAULT 360)
 RETURNS TABLE(created_at timestamp with time zone, bitrate_kbps numeric, fps numeric, speed numeric, dropped_frames integer, out_seconds numeric)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query select * from private.get_stream_health(get_stream_health.session_id, get_stream_health.since, get_stream_health.max_count);
end
$function$;
comment on function public.get_stream_health(uuid,timestamp with time zone,integer) is 'How a restream session goes, newest first, a row every 10 s, at most 10000: bitrate in kbit/s, frames per second, speed (1 is real time), dropped frames and seconds pushed so far. For the owner and admins. Raises PT404 session_not_found.';
grant execute on function public.get_stream_health(uuid,timestamp with time zone,integer) to authenticated;
grant execute on function public.get_stream_health(uuid,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION public.get_stream_keys(stream_id uuid)
 RETURNS TABLE(id uuid, prefix text, created_at timestamp with time zone, expires_at timestamp with time zone, revoked_at timestamp with time zone, last_used_at timestamp with time zone)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select * from private.get_stream_keys(get_stream_keys.stream_id)
$function$;
comment on function public.get_stream_keys(uuid) is 'A stream''s newest 100 keys by their first 8 characters, never the secret. For the owner. Raises PT404 stream_not_found.';
grant execute on function public.get_stream_keys(uuid) to authenticated;
grant execute on function public.get_stream_keys(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.get_viewer_count(stream_id uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.get_viewer_count(get_viewer_count.stream_id)
$function$;
comment on function public.get_viewer_count(uuid) is 'The last count that was stored, of any stream, or null; what viewers are told while Redis is away. Callable by service_role.';
grant execute on function public.get_viewer_count(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.get_viewer_history(stream_id uuid, since timestamp with time zone DEFAULT (now() - '1 day'::interval), until timestamp with time zone DEFAULT now(), bucket_seconds integer DEFAULT 60)
 RETURNS TABLE(bucket timestamp with time zone, average_viewers numeric, peak_viewers integer, last_viewers integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query
    select * from private.get_viewer_history(get_viewer_history.stream_id, get_viewer_history.since, get_viewer_history.until,
      get_viewer_history.bucket_seconds);
end
$function$;
comment on function public.get_viewer_history(uuid,timestamp with time zone,timestamp with time zone,integer) is 'Viewers over time, for charts: for each bucket of since <= time < until that has samples its begin and the average, highest and last number of viewers at once. For the stream''s owner and admins. Raises PT404 stream_not_found, PT400 bucket_seconds_invalid (10 to 86400), PT400 range_invalid (at most 10000 buckets).';
grant execute on function public.get_viewer_history(uuid,timestamp with time zone,timestamp with time zone,integer) to authenticated;
grant execute on function public.get_viewer_history(uuid,timestamp with time zone,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION public.maintain_partitions()
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.maintain_partitions()
$function$;
comment on function public.maintain_partitions() is 'Makes the partitions that the log tables need next and drops those past their keeping; run by the cleanup job. Returns how many were dropped. Callable by service_role.';
grant execute on function public.maintain_partitions() to service_role;

CREATE OR REPLACE FUNCTION public.my_linked_accounts()
 RETURNS TABLE(provider text, provider_account_id text, linked_at timestamp with time zone, last_sign_in_at timestamp with time zone)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select * from private.my_linked_accounts()
$function$;
comment on function public.my_linked_accounts() is 'The sign-in providers linked to the caller''s account, without any token. For signed-in users.';
grant execute on function public.my_linked_accounts() to authenticated;
grant execute on function public.my_linked_accounts() to service_role;

CREATE OR REPLACE FUNCTION public.provide_session_source(session_id uuid, source_url text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.provide_session_source(provide_session_source.session_id, provide_session_source.source_url);
end
$function$;
comment on function public.provide_session_source(uuid,text) is 'Gives a session the signed URL of its file in storage, so that workers can claim it. Nothing happens to a session that has ended or reads from elsewhere. Raises PT400 source_url_invalid. Callable by service_role.';
grant execute on function public.provide_session_source(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION public.read_events(after_position bigint DEFAULT 0, max_count integer DEFAULT 100, aggregate_type text DEFAULT NULL::text, event_types text[] DEFAULT NULL::text[])
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return query select * from private.read_events(read_events.after_position, read_events.max_count, read_events.aggregate_type, read_events.event_types);
end
$function$;
comment on function public.read_events(bigint,integer,text,text[]) is 'The log in order, after a position, at most max_count (1 to 1000), of one aggregate type and some event types where given. Call again with the last position read: no event is passed over, however late its transaction commits; what may still change is left for the next call. Raises PT400 max_count_invalid. Callable by service_role.';
grant execute on function public.read_events(bigint,integer,text,text[]) to service_role;

CREATE OR REPLACE FUNCTION public.reap_sessions()
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.reap_sessions()
$function$;
comment on function public.reap_sessions() is 'Stops the ingest sessions whose publisher did not come back within the reconnect grace, and those whose media server has not been heard of for the lease; run by the cleanup job. Returns how many. Users that are being changed at the moment wait for the next run. Callable by service_role and streams_service.';
grant execute on function public.reap_sessions() to service_role;
grant execute on function public.reap_sessions() to streams_service;

CREATE OR REPLACE FUNCTION public.record_viewers(samples jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.record_viewers(record_viewers.samples);
end
$function$;
comment on function public.record_viewers(jsonb) is 'Writes what Redis counted, [{stream_id, session_id, at_ms, viewers, peak, uniques, viewer_seconds}] (totals since the session began, at at_ms milliseconds since 1970), to streams, sessions and history, and tells each stream whose number changed. A sample that is not newer than the last one of its session changes nothing, nor does one of a session that has ended, but for the first that was taken after its end within a minute: that one counts as of the end, and its numbers are the event SessionCounted. One of a row that is being changed at the moment is left for the next. Returns {recorded, changed}. Raises PT400 samples_invalid. Callable by service_role.';
grant execute on function public.record_viewers(jsonb) to service_role;

CREATE OR REPLACE FUNCTION public.register_device(device_name text, device_type text)
 RETURNS public.user_sessions
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.register_device(register_device.device_name, register_device.device_type)
$function$;
comment on function public.register_device(text,text) is 'Names the device of the caller''s session, or says that it is still in use; returns its row. For signed-in users. Raises PT400 device_name_invalid, PT400 device_type_invalid, PT401 session_required, PT403 session_revoked.';
grant execute on function public.register_device(text,text) to authenticated;
grant execute on function public.register_device(text,text) to service_role;

CREATE OR REPLACE FUNCTION public.reject_stream_request(id uuid, notes text DEFAULT NULL::text)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.reject_stream_request(reject_stream_request.id, reject_stream_request.notes);
end
$function$;
comment on function public.reject_stream_request(uuid,text) is 'Refuses a request for good, or takes an approval back and stops what is streaming; returns it. Admins only (PT403 admin_required). Raises PT400 notes_invalid, PT404 request_not_found.';
grant execute on function public.reject_stream_request(uuid,text) to authenticated;
grant execute on function public.reject_stream_request(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION public.renew_ingest(media_server text, publisher_ids text[], is_complete boolean DEFAULT false)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.renew_ingest(renew_ingest.media_server, coalesce(renew_ingest.publisher_ids, '{}'), renew_ingest.is_complete);
end
$function$;
comment on function public.renew_ingest(text,text[],boolean) is 'A media server says which publishers it has; their leases run anew. With is_complete the list is everything it has, and its other sessions are disconnected. Returns {renewed, unknown, disconnected}: the server should drop the publishers in unknown, because their sessions have ended. Raises PT400 media_server_invalid, publisher_ids_invalid. Callable by service_role and streams_service.';
grant execute on function public.renew_ingest(text,text[],boolean) to service_role;
grant execute on function public.renew_ingest(text,text[],boolean) to streams_service;

CREATE OR REPLACE FUNCTION public.renew_session(session_id uuid, worker_id text, stats jsonb DEFAULT NULL::jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.renew_session(renew_session.session_id, renew_session.worker_id, renew_session.stats);
end
$function$;
comment on function public.renew_session(uuid,text,jsonb) is 'The worker''s lease runs anew; returns {status, lease_seconds}: stopping asks it to stop. stats, {bitrate_kbps, fps, speed, dropped_frames, out_seconds}, go to get_stream_health. Raises PT409 lease_lost (stop pushing at once), PT400 stats_invalid. Callable by restream_worker and service_role.';
grant execute on function public.renew_session(uuid,text,jsonb) to restream_worker;
grant execute on function public.renew_session(uuid,text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION public.replay(aggregate_type text, aggregate_id uuid, as_of timestamp with time zone DEFAULT NULL::timestamp with time zone, at_version bigint DEFAULT NULL::bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.replay(replay.aggregate_type, replay.aggregate_id, replay.as_of, replay.at_version);
end
$function$;
comment on function public.replay(text,uuid,timestamp with time zone,bigint) is 'The state of an aggregate as of a moment, at a version, or now: the nearest snapshot plus the events after it. Null before its first event, and after its end. Raises PT410 events_archived for a time whose events have been archived. Callable by service_role.';
grant execute on function public.replay(text,uuid,timestamp with time zone,bigint) to service_role;

CREATE OR REPLACE FUNCTION public.report_session(session_id uuid, worker_id text, status text, container_id text DEFAULT NULL::text, error text DEFAULT NULL::text, exit_code integer DEFAULT NULL::integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.report_session(report_session.session_id, report_session.worker_id, report_session.status, report_session.container_id,
    report_session.error, report_session.exit_code);
end
$function$;
comment on function public.report_session(uuid,text,text,text,text,integer) is 'The worker says what became of its session: running (it pushes; container_id where it has one), stopped (the video ended, or it was asked to), error (with what ffmpeg said last and its exit code), starting (it gives the session back to the queue). Returns {status}. The same end told twice is answered twice. Raises PT409 lease_lost, PT400 status_invalid, container_id_invalid. Callable by restream_worker and service_role.';
grant execute on function public.report_session(uuid,text,text,text,text,integer) to restream_worker;
grant execute on function public.report_session(uuid,text,text,text,text,integer) to service_role;

CREATE OR REPLACE FUNCTION public.request_stream(video_source text, rtmp_url text, title text, description text DEFAULT NULL::text, repeat boolean DEFAULT false)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.request_stream(request_stream.video_source, request_stream.rtmp_url, request_stream.title,
    request_stream.description, request_stream.repeat);
end
$function$;
comment on function public.request_stream(text,text,text,text,boolean) is 'Asks for a video to be pushed to an RTMP address elsewhere; returns the request, its key masked. video_source: an http(s) address, or videos/<your id>/<file> in storage. rtmp_url: rtmp:// or rtmps:// with application and key. repeat: until stopped. For signed-in users. Raises PT400 video_source_invalid, video_source_forbidden, rtmp_url_invalid, rtmp_url_forbidden, title_invalid, description_invalid, PT401 sign_in_required, PT404 video_not_found, PT409 max_requests_reached.';
grant execute on function public.request_stream(text,text,text,text,boolean) to authenticated;
grant execute on function public.request_stream(text,text,text,text,boolean) to service_role;

CREATE OR REPLACE FUNCTION public.revoke_session(id uuid)
 RETURNS public.user_sessions
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.revoke_session(revoke_session.id)
$function$;
comment on function public.revoke_session(uuid) is 'Signs one of the caller''s devices out: its refresh token ends at once, its access token at its expiry. Returns the row; a second call changes nothing. Raises PT404 session_not_found.';
grant execute on function public.revoke_session(uuid) to authenticated;
grant execute on function public.revoke_session(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.rotate_stream_key(stream_id uuid, grace_seconds integer DEFAULT 0)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.rotate_stream_key(rotate_stream_key.stream_id, rotate_stream_key.grace_seconds)
$function$;
comment on function public.rotate_stream_key(uuid,integer) is 'Gives a stream a new key: {stream_key, previous_valid_until}. Older keys work for grace_seconds more (0 to 604800); a broadcast under way goes on. For the owner. Raises PT400 grace_seconds_invalid, PT404 stream_not_found.';
grant execute on function public.rotate_stream_key(uuid,integer) to authenticated;
grant execute on function public.rotate_stream_key(uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION public.set_setting(key text, value jsonb)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.set_setting(set_setting.key, set_setting.value)
$function$;
comment on function public.set_setting(text,jsonb) is 'Changes a setting to a value of the same JSON type and returns it. Admins only (PT403 admin_required). Raises PT404 setting_not_found, PT400 value_invalid.';
grant execute on function public.set_setting(text,jsonb) to authenticated;
grant execute on function public.set_setting(text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION public.set_user_package(user_id uuid, package_type text, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS public.users
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.set_user_package(set_user_package.user_id, set_user_package.package_type, set_user_package.expires_at)
$function$;
comment on function public.set_user_package(uuid,text,timestamp with time zone) is 'Gives a user a package until expires_at (null: no end), or none; returns the changed row. Admins only (PT403 admin_required). Raises PT400 package_type_invalid, PT400 expires_at_invalid, PT404 user_not_found.';
grant execute on function public.set_user_package(uuid,text,timestamp with time zone) to authenticated;
grant execute on function public.set_user_package(uuid,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION public.set_user_role(user_id uuid, role text)
 RETURNS public.users
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.set_user_role(set_user_role.user_id, set_user_role.role)
$function$;
comment on function public.set_user_role(uuid,text) is 'Gives a user the role user, moderator or admin; returns the changed row. Admins only (PT403 admin_required). Raises PT400 role_invalid, PT404 user_not_found, PT409 last_admin.';
grant execute on function public.set_user_role(uuid,text) to authenticated;
grant execute on function public.set_user_role(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION public.start_stream_request(request_id uuid)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.start_stream_request(start_stream_request.request_id);
end
$function$;
comment on function public.start_stream_request(uuid) is 'Starts an approved request, or one that stopped: returns its session, starting; the active one where it is streaming already. A file in storage waits for provide_session_source, so call the edge function stream-start. For the owner and admins. Raises PT402 stream_limit_reached, PT403 stream_disabled, PT404 request_not_found, PT409 request_not_approved, max_streams_reached, PT410 stream_expired.';
grant execute on function public.start_stream_request(uuid) to authenticated;
grant execute on function public.start_stream_request(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.stop_restream(session_id uuid)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.stop_restream(stop_restream.session_id);
end
$function$;
comment on function public.stop_restream(uuid) is 'Asks for a restream session to be stopped and returns it: stopping while its worker ends it, stopped if none has it; one that ended stays as it is. For the owner and admins. Raises PT404 session_not_found, PT409 session_not_restream.';
grant execute on function public.stop_restream(uuid) to authenticated;
grant execute on function public.stop_restream(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.validate_stream_key(stream_key text)
 RETURNS uuid
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select private.validate_stream_key(validate_stream_key.stream_key)
$function$;
comment on function public.validate_stream_key(text) is 'The stream that a key in its pasted form (<stream id>?key=<secret>) opens, or null. Says nothing of limits; begin_ingest decides. Callable by service_role and streams_service.';
grant execute on function public.validate_stream_key(text) to service_role;
grant execute on function public.validate_stream_key(text) to streams_service;

CREATE OR REPLACE FUNCTION public.verify_events(aggregate_type text, aggregate_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.verify_events(verify_events.aggregate_type, verify_events.aggregate_id);
end
$function$;
comment on function public.verify_events(text,uuid) is 'Computes an aggregate''s chain of hashes anew: {valid, checked, first_broken_version}. first_broken_version names the first event that was changed, removed or inserted. Callable by service_role.';
grant execute on function public.verify_events(text,uuid) to service_role;

-- Schema auth -----------------------------------------------------------------------------------

CREATE TRIGGER streambed_handle_changed_user AFTER UPDATE OF email, email_confirmed_at, last_sign_in_at ON auth.users FOR EACH ROW EXECUTE FUNCTION private.handle_changed_user();
CREATE TRIGGER streambed_handle_new_user AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION private.handle_new_user();

-- Schema realtime -------------------------------------------------------------------------------

create policy streambed_topics_select on realtime.messages for select to anon, authenticated
  using (extension = 'broadcast'::text AND ( SELECT private.may_read_topic(( SELECT realtime.topic() AS topic)) AS may_read_topic));

-- Schema storage --------------------------------------------------------------------------------

insert into storage.buckets (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types) values ('videos', 'videos', NULL, NULL, 'false', NULL, NULL);

create policy videos_delete on storage.objects for delete to authenticated
  using (bucket_id = 'videos'::text AND (storage.foldername(name))[1] = ((( SELECT auth.uid() AS uid))::text));
create policy videos_insert on storage.objects for insert to authenticated
  with check (bucket_id = 'videos'::text AND (storage.foldername(name))[1] = ((( SELECT auth.uid() AS uid))::text));
create policy videos_select on storage.objects for select to authenticated
  using (bucket_id = 'videos'::text AND (storage.foldername(name))[1] = ((( SELECT auth.uid() AS uid))::text));
create policy videos_update on storage.objects for update to authenticated
  using (bucket_id = 'videos'::text AND (storage.foldername(name))[1] = ((( SELECT auth.uid() AS uid))::text))
  with check (bucket_id = 'videos'::text AND (storage.foldername(name))[1] = ((( SELECT auth.uid() AS uid))::text));

-- Supabase has this, the migrations take it away ------------------------------------------------

-- alter default privileges for role postgres in schema public grant delete, insert, maintain, references, select, trigger, truncate, update on tables to anon;
-- alter default privileges for role postgres in schema public grant delete, insert, maintain, references, select, trigger, truncate, update on tables to authenticated;
-- alter default privileges for role postgres in schema public grant execute on functions to anon;
-- alter default privileges for role postgres in schema public grant execute on functions to authenticated;
-- alter default privileges for role postgres in schema public grant select, update, usage on sequences to anon;
-- alter default privileges for role postgres in schema public grant select, update, usage on sequences to authenticated;
