-- What the migrations make of a database with Supabase's schemas: made by `npm run gen`, not by hand.
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

create type private.folded_state as (
  state jsonb,
  personal jsonb,
  user_id uuid
);
comment on type private.folded_state is 'A state with "erased" for personal values, those values, and whose they are. Both are null where there is no state.';

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

create type private.recording as (
  table_name text,
  aggregate_type text,
  owner text,
  event text,
  unrecorded text[],
  finals jsonb,
  personal text[],
  topic text,
  broadcast text,
  payload text
);
comment on type private.recording is 'What record_events was asked for.';

create type private.refusal as (
  code text,
  message text,
  limit_count integer,
  active_count integer
);
comment on type private.refusal is 'Why a session may not start, with the limit that was applied and what was counted against it; nothing where it may.';

create type private.sealed_data as (
  event_data jsonb,
  personal bytea
);
comment on type private.sealed_data is 'Event data as it is stored: with "erased" where personal values were, and those, encrypted.';

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
  active_count integer,
  attempts integer default 1 not null
) partition by RANGE (created_at);
comment on table private.admission_log is 'Every answer of begin_ingest: admitted or refused, by which rule, with the numbers it saw; wrong keys for a stream that exists are counted, a row an address and minute. Kept for 90 days.';
comment on column private.admission_log.rule is 'admitted, resumed, or the code of the refusal.';
comment on column private.admission_log.key_prefix is 'First 8 characters of a key of the right form; **** for anything else.';
comment on column private.admission_log.limit_count is 'The limit that was applied.';
comment on column private.admission_log.active_count is 'What was counted against it.';
comment on column private.admission_log.attempts is 'How many wrong keys the row stands for, presented from client_ip within a minute; 1 for every other answer. Past 19 addresses the minute''s twentieth row, without an address, counts all others.';
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

create table private.erasures (
  id integer generated always as identity not null,
  sql_function text not null,
  constraint erasures_pkey PRIMARY KEY (id),
  constraint erasures_sql_function_check CHECK (sql_function ~ '^private\.[a-z][a-z0-9_]*$'::text),
  constraint erasures_sql_function_key UNIQUE (sql_function)
);
comment on table private.erasures is 'What is called, in this order, before an account is deleted: for what the deletion of its rows would leave behind. docs/personal-data.md says what is kept, and why.';
comment on column private.erasures.sql_function is 'A function that takes the user''s id, without its parentheses.';
insert into private.erasures (id, sql_function) values ('1', 'private.erase_personal_events');
insert into private.erasures (id, sql_function) values ('2', 'private.erase_streams');
insert into private.erasures (id, sql_function) values ('3', 'private.erase_restream');

create table private.errors (
  code text not null,
  domain text not null,
  status integer not null,
  hint text not null,
  constraint errors_pkey PRIMARY KEY (code),
  constraint errors_code_check CHECK (code ~ '^[a-z][a-z0-9_]{2,62}$'::text),
  constraint errors_hint_check CHECK (hint ~ '\S'::text),
  constraint errors_status_check CHECK (status >= 400 AND status <= 599)
);
comment on table private.errors is 'Every code that the database refuses with. docs/errors.md is made of it. A code has one status.';
comment on column private.errors.code is 'The stable word that programs match: `details` in the API''s answer.';
comment on column private.errors.hint is 'What to do next. It names no values; the message does.';
insert into private.errors (code, domain, status, hint) values ('admin_required', 'core', '403', 'Sign in as an admin.');
insert into private.errors (code, domain, status, hint) values ('aggregate_id_invalid', 'events', '400', 'Give the aggregate''s uuid.');
insert into private.errors (code, domain, status, hint) values ('aggregate_type_invalid', 'events', '400', 'Give a name such as Stream: up to 80 letters and digits.');
insert into private.errors (code, domain, status, hint) values ('audit_trail_forbidden', 'events', '403', 'Give your own user id, or sign in as an admin.');
insert into private.errors (code, domain, status, hint) values ('avatar_url_invalid', 'identity', '400', 'Give a whole http or https address of at most 2000 characters, or null.');
insert into private.errors (code, domain, status, hint) values ('base_url_invalid', 'core', '400', 'Give https://<project>.supabase.co/functions/v1.');
insert into private.errors (code, domain, status, hint) values ('bio_invalid', 'identity', '400', 'Give at most 1000 characters; line breaks are allowed.');
insert into private.errors (code, domain, status, hint) values ('bucket_seconds_invalid', 'viewers', '400', 'A sample is stored every 10 seconds, and a bucket holds a day at most.');
insert into private.errors (code, domain, status, hint) values ('category_invalid', 'streams', '400', 'Choose one of the setting stream_categories, or null for none.');
insert into private.errors (code, domain, status, hint) values ('claim_not_found', 'events', '404', 'Acknowledge a position that claim_events returned.');
insert into private.errors (code, domain, status, hint) values ('consumer_busy', 'events', '409', 'Let its members acknowledge, or their leases run out, then claim with the new size.');
insert into private.errors (code, domain, status, hint) values ('consumer_invalid', 'events', '400', 'Give a name of 1 to 100 characters.');
insert into private.errors (code, domain, status, hint) values ('container_id_invalid', 'restream', '400', 'Give at most 100 characters, or null for none.');
insert into private.errors (code, domain, status, hint) values ('description_invalid', 'streams', '400', 'Give at most 5000 characters; line breaks are allowed.');
insert into private.errors (code, domain, status, hint) values ('device_name_invalid', 'identity', '400', 'Give a name of 1 to 100 characters.');
insert into private.errors (code, domain, status, hint) values ('device_not_found', 'identity', '404', 'Your devices are in user_sessions.');
insert into private.errors (code, domain, status, hint) values ('device_type_invalid', 'identity', '400', 'Give web, phone, tablet, desktop, tv, console or other.');
insert into private.errors (code, domain, status, hint) values ('disabled_by_admin', 'streams', '403', 'Ask support to enable it.');
insert into private.errors (code, domain, status, hint) values ('display_name_invalid', 'identity', '400', 'Give at most 80 characters on one line.');
insert into private.errors (code, domain, status, hint) values ('event_data_invalid', 'events', '400', 'Give an object of at most 64 levels; keep large data elsewhere and store its address here.');
insert into private.errors (code, domain, status, hint) values ('event_id_conflict', 'events', '409', 'Append the same events again, or events with new ids.');
insert into private.errors (code, domain, status, hint) values ('event_log_append_only', 'events', '403', 'Append an event that says what is different now; archive_events detaches old partitions.');
insert into private.errors (code, domain, status, hint) values ('event_not_found', 'events', '404', 'Snapshot a version that get_events shows.');
insert into private.errors (code, domain, status, hint) values ('event_type_invalid', 'events', '400', 'Give a name in the past tense such as StreamStarted: up to 80 letters and digits, a capital first.');
insert into private.errors (code, domain, status, hint) values ('events_archived', 'events', '410', 'Ask for a later moment or version, or look into the archived partitions.');
insert into private.errors (code, domain, status, hint) values ('events_invalid', 'events', '400', 'Give objects of event_type and event_data, and optionally user_id, metadata and event_id.');
insert into private.errors (code, domain, status, hint) values ('events_not_claimed', 'events', '409', 'Claim events, handle them, then acknowledge the last position.');
insert into private.errors (code, domain, status, hint) values ('expires_at_invalid', 'identity', '400', 'Give a moment to come, or null for no end.');
insert into private.errors (code, domain, status, hint) values ('extensions_missing', 'core', '501', 'Enable them under Database > Extensions; the local stack needs none of them, it has a scheduler.');
insert into private.errors (code, domain, status, hint) values ('first_name_invalid', 'identity', '400', 'Give at most 80 characters on one line.');
insert into private.errors (code, domain, status, hint) values ('grace_seconds_invalid', 'streams', '400', 'Give how long the old key shall still work, at most a week.');
insert into private.errors (code, domain, status, hint) values ('invalid_transition', 'core', '409', 'Read the row again: it has changed meanwhile, or there is no such move.');
insert into private.errors (code, domain, status, hint) values ('job_not_found', 'core', '404', 'The table private.scheduled_jobs lists the jobs.');
insert into private.errors (code, domain, status, hint) values ('last_admin', 'identity', '409', 'Make somebody else an admin first.');
insert into private.errors (code, domain, status, hint) values ('last_name_invalid', 'identity', '400', 'Give at most 80 characters on one line.');
insert into private.errors (code, domain, status, hint) values ('lease_lost', 'restream', '409', 'Stop pushing it at once.');
insert into private.errors (code, domain, status, hint) values ('lease_seconds_invalid', 'events', '400', 'Give how long the work on one claim may take.');
insert into private.errors (code, domain, status, hint) values ('max_count_invalid', 'events', '400', 'Read in pages of at most 1000.');
insert into private.errors (code, domain, status, hint) values ('max_requests_reached', 'restream', '409', 'Cancel a request that you no longer need.');
insert into private.errors (code, domain, status, hint) values ('max_streams_reached', 'streams', '409', 'Delete a stream that you no longer need.');
insert into private.errors (code, domain, status, hint) values ('media_server_invalid', 'streams', '400', 'Give the server''s own name of 1 to 100 characters.');
insert into private.errors (code, domain, status, hint) values ('member_invalid', 'events', '400', 'Leave it out to take any member that is free.');
insert into private.errors (code, domain, status, hint) values ('metadata_invalid', 'events', '400', 'Give an object of at most 64 levels, {} for none.');
insert into private.errors (code, domain, status, hint) values ('notes_invalid', 'restream', '400', 'Give at most 2000 characters; line breaks are allowed.');
insert into private.errors (code, domain, status, hint) values ('package_type_invalid', 'identity', '400', 'Choose one of public.packages that is on sale, or null for none.');
insert into private.errors (code, domain, status, hint) values ('playback_token_invalid', 'streams', '403', 'Get a new address from get_playback.');
insert into private.errors (code, domain, status, hint) values ('publisher_id_invalid', 'streams', '400', 'Give the media server''s id of the connection, 1 to 200 characters.');
insert into private.errors (code, domain, status, hint) values ('publisher_ids_invalid', 'streams', '400', 'Report in parts, with is_complete false.');
insert into private.errors (code, domain, status, hint) values ('range_invalid', 'viewers', '400', 'Ask for less time, or for larger buckets.');
insert into private.errors (code, domain, status, hint) values ('recording_invalid', 'events', '400', 'Mend the call of record_events in its migration.');
insert into private.errors (code, domain, status, hint) values ('request_not_approved', 'restream', '409', 'A pending request waits for an admin; make a new one in place of a rejected or cancelled one.');
insert into private.errors (code, domain, status, hint) values ('request_not_found', 'restream', '404', 'Your requests are in stream_requests.');
insert into private.errors (code, domain, status, hint) values ('request_not_pending', 'restream', '409', 'Its owner can make a new one.');
insert into private.errors (code, domain, status, hint) values ('result_invalid', 'core', '400', 'Give the figures of what was done: at most 256 kB and 64 levels.');
insert into private.errors (code, domain, status, hint) values ('role_invalid', 'identity', '400', 'Give user, moderator or admin.');
insert into private.errors (code, domain, status, hint) values ('rpc_invalid', 'core', '400', 'Mend the function in its migration, then publish it.');
insert into private.errors (code, domain, status, hint) values ('rtmp_url_forbidden', 'restream', '400', 'Use a public host. An operator can name others in the setting allowed_target_hosts.');
insert into private.errors (code, domain, status, hint) values ('rtmp_url_invalid', 'restream', '400', 'Paste the server address, a slash and the stream key: rtmp://host/app/key.');
insert into private.errors (code, domain, status, hint) values ('samples_invalid', 'viewers', '400', 'Give objects of stream_id, session_id, at_ms, viewers, peak, uniques and viewer_seconds.');
insert into private.errors (code, domain, status, hint) values ('schedule_invalid', 'core', '400', 'With seconds pg_cron knows every N of them (*/10 * * * * *) and the full minute (0 …) only.');
insert into private.errors (code, domain, status, hint) values ('secret_not_found', 'core', '404', 'Store the project''s secret key: select vault.create_secret(''sb_secret_…'', ''<name>'').');
insert into private.errors (code, domain, status, hint) values ('session_not_found', 'restream', '404', 'Your sessions are in stream_sessions.');
insert into private.errors (code, domain, status, hint) values ('session_not_restream', 'restream', '409', 'Stop the encoder, or disable the stream.');
insert into private.errors (code, domain, status, hint) values ('session_required', 'identity', '401', 'Sign in again: the access token names no session.');
insert into private.errors (code, domain, status, hint) values ('session_revoked', 'identity', '403', 'Sign in again.');
insert into private.errors (code, domain, status, hint) values ('setting_missing', 'core', '500', 'Run the migrations; every setting is created by the one that needs it.');
insert into private.errors (code, domain, status, hint) values ('setting_not_found', 'core', '404', 'get_settings lists the settings.');
insert into private.errors (code, domain, status, hint) values ('settings_invalid', 'streams', '400', 'Give an object of at most 16 kB and 64 levels, {} for none; the setting stream_settings_types says which key has which type.');
insert into private.errors (code, domain, status, hint) values ('sign_in_required', 'core', '401', 'Sign in and call again with the user''s access token.');
insert into private.errors (code, domain, status, hint) values ('size_invalid', 'events', '400', 'Give how many members share the log.');
insert into private.errors (code, domain, status, hint) values ('source_url_invalid', 'restream', '400', 'Give the signed URL of the file.');
insert into private.errors (code, domain, status, hint) values ('state_invalid', 'events', '400', 'Snapshot at most 1 MB and 64 levels; keep large data elsewhere.');
insert into private.errors (code, domain, status, hint) values ('stats_invalid', 'restream', '400', 'Leave out what is unknown.');
insert into private.errors (code, domain, status, hint) values ('status_invalid', 'restream', '400', 'Give starting, running, stopped or error.');
insert into private.errors (code, domain, status, hint) values ('stream_already_live', 'streams', '409', 'Stop the other encoder, or use another stream.');
insert into private.errors (code, domain, status, hint) values ('stream_disabled', 'streams', '403', 'Its owner or an admin can enable it.');
insert into private.errors (code, domain, status, hint) values ('stream_expired', 'streams', '410', 'Create a new stream.');
insert into private.errors (code, domain, status, hint) values ('stream_key_invalid', 'streams', '401', 'Copy the stream key again, whole, or rotate it for a new one.');
insert into private.errors (code, domain, status, hint) values ('stream_limit_reached', 'streams', '402', 'End another stream, or choose a larger package.');
insert into private.errors (code, domain, status, hint) values ('stream_not_found', 'streams', '404', 'Check the id; a private stream is for its owner.');
insert into private.errors (code, domain, status, hint) values ('stream_not_live', 'streams', '409', 'Wait until streams.is_live is true.');
insert into private.errors (code, domain, status, hint) values ('title_invalid', 'streams', '400', 'Give a title of 1 to 140 characters on one line.');
insert into private.errors (code, domain, status, hint) values ('user_not_found', 'identity', '404', 'Check the id or the e-mail address; an account begins with a sign-up.');
insert into private.errors (code, domain, status, hint) values ('username_invalid', 'identity', '400', 'Choose 3 to 30 characters of a-z, 0-9 and _.');
insert into private.errors (code, domain, status, hint) values ('username_reserved', 'identity', '409', 'Choose another username; the setting reserved_usernames lists what nobody may have.');
insert into private.errors (code, domain, status, hint) values ('username_taken', 'identity', '409', 'Choose another username.');
insert into private.errors (code, domain, status, hint) values ('value_invalid', 'core', '400', 'Give a value of the setting''s JSON type, at most 256 kB and 64 levels; a number is whole, from 0 to 999999999.');
insert into private.errors (code, domain, status, hint) values ('version_conflict', 'events', '409', 'Read the newer events, decide again, and append with the version that you saw.');
insert into private.errors (code, domain, status, hint) values ('video_changed', 'restream', '409', 'Make a new request for the file as it is now.');
insert into private.errors (code, domain, status, hint) values ('video_not_found', 'restream', '404', 'Upload it first, or check its name.');
insert into private.errors (code, domain, status, hint) values ('video_source_forbidden', 'restream', '400', 'Use a public host. An operator can name others in the setting allowed_source_hosts.');
insert into private.errors (code, domain, status, hint) values ('video_source_invalid', 'restream', '400', 'Give an http(s) address, or upload to the bucket videos and give videos/<your id>/<file>.');
insert into private.errors (code, domain, status, hint) values ('visibility_invalid', 'streams', '400', 'Give public, unlisted or private.');
insert into private.errors (code, domain, status, hint) values ('worker_id_invalid', 'restream', '400', 'Give a name of 1 to 200 characters.');

create view private.event_consumer_lags as
 SELECT consumer,
    size,
    min(acknowledged_position) AS acknowledged_position,
    GREATEST((( SELECT event_log_position_seq.last_value
           FROM private.event_log_position_seq)) - min(acknowledged_position), 0::bigint) AS lag,
    count(*) FILTER (WHERE leased_until > now()) AS leased_members
   FROM private.event_consumer_members
  GROUP BY consumer, size;
comment on view private.event_consumer_lags is 'Consumers with how far the slowest member has come, and how many positions it lags behind the newest.';

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
  personal bytea,
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
comment on column private.event_log.personal is 'What event_data has "erased" for, encrypted with the key of the user whose history it belongs to; null: nothing personal.';
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
  personal bytea,
  user_id uuid,
  hash bytea not null,
  created_at timestamp with time zone not null,
  constraint event_snapshots_pkey PRIMARY KEY (aggregate_type, aggregate_id, version)
);
comment on table private.event_snapshots is 'The state of an aggregate after one of its events, so that replaying need not begin at the first.';
comment on column private.event_snapshots.state is 'Null: the aggregate had ended. Personal values are "erased" here.';
comment on column private.event_snapshots.personal is 'The personal values of the state, encrypted; null: none.';
comment on column private.event_snapshots.user_id is 'Whose key they are encrypted with.';
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
        CASE
            WHEN private.is_unreadable(event_data) THEN '{"set_aside": true}'::jsonb
            WHEN personal IS NULL THEN event_data
            ELSE private.reveal(event_data, personal, user_id)
        END AS event_data,
        CASE
            WHEN private.is_unreadable(metadata) THEN '{"set_aside": true}'::jsonb
            ELSE metadata
        END AS metadata,
    user_id,
    created_at
   FROM private.event_log;
comment on view private.events is 'The event log in the columns of public.event. An event without an id of its own has one of UUID version 8: 48 bits of its position, then the latter half of its aggregate''s id. It costs an append nothing, is found by its position, and sorts as the log does. Data too deep to be read is set aside: {"set_aside": true} stands for it.';

create table private.file_deletions (
  bucket_id text not null,
  name text not null,
  requested_at timestamp with time zone default now() not null,
  tried_at timestamp with time zone,
  constraint file_deletions_pkey PRIMARY KEY (bucket_id, name)
);
comment on table private.file_deletions is 'Files in storage that are to be deleted. A row goes when its file is gone.';
comment on column private.file_deletions.tried_at is 'When it was last handed out; null: not yet.';
CREATE INDEX file_deletions_queue_idx ON private.file_deletions USING btree (tried_at NULLS FIRST, requested_at);

create table private.job_runs (
  job_name text not null,
  run_id bigint not null,
  created_at timestamp with time zone not null,
  finished_at timestamp with time zone not null,
  ok boolean not null,
  result jsonb,
  error text
) partition by RANGE (created_at);
comment on table private.job_runs is 'Each finished run of a job that did something or failed, from created_at to finished_at. Kept for 14 days. Admins read it through get_job_runs.';
comment on column private.job_runs.ok is 'Whether it did all it had to.';
comment on column private.job_runs.result is 'What it did.';
comment on column private.job_runs.error is 'Why it failed.';
CREATE INDEX job_runs_name_idx ON ONLY private.job_runs USING btree (job_name, created_at DESC);

create table private.job_runs_default partition of private.job_runs DEFAULT;

create table private.job_states (
  job_name text not null,
  run_id bigint default 0 not null,
  began_at timestamp with time zone,
  leased_until timestamp with time zone,
  finished_at timestamp with time zone,
  constraint job_states_pkey PRIMARY KEY (job_name),
  constraint job_states_job_name_fkey FOREIGN KEY (job_name) REFERENCES private.scheduled_jobs(name) ON UPDATE CASCADE ON DELETE CASCADE
) with (fillfactor=50);
comment on table private.job_states is 'The newest run of each job. The row is the lock under which a job runs once at a time.';
comment on column private.job_states.run_id is 'Counts the runs of the job, idle ones too.';
comment on column private.job_states.leased_until is 'Until then no other run of the job begins, unless this one finishes; null: it has finished.';

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
            WHEN job.starting_since <= (( SELECT now() - private.setting_seconds('restream_start_seconds'::text))) THEN 'not_started'::text
            ELSE 'video_replaced'::text
        END AS reason
   FROM private.restream_jobs job
     JOIN public.stream_sessions session ON session.id = job.session_id
  WHERE job.lease_expires_at <= now() OR job.starting_since <= (( SELECT now() - private.setting_seconds('restream_start_seconds'::text))) OR job.queued_at IS NOT NULL AND job.source_url IS NOT NULL AND job.is_storage AND private.is_video_changed(job.request_id);
comment on view private.lost_sessions is 'Restream sessions whose worker''s lease ran out, that have been starting for too long, or whose file in storage was replaced while they waited for a worker.';

create table private.personal_keys (
  user_id uuid not null,
  key bytea,
  erased_at timestamp with time zone,
  constraint personal_keys_pkey PRIMARY KEY (user_id),
  constraint personal_keys_check CHECK ((key IS NULL) = (erased_at IS NOT NULL))
);
comment on table private.personal_keys is 'The key of each user whose events hold personal data. It is thrown away when the account goes; the row stays, so that no new one is made.';
comment on column private.personal_keys.key is 'AES-256; null: erased.';

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
CREATE TRIGGER restream_jobs_forget_addresses AFTER DELETE ON private.restream_jobs FOR EACH ROW EXECUTE FUNCTION private.forget_job_addresses();

create table private.scheduled_jobs (
  name text not null,
  schedule text not null,
  sql_function text,
  edge_function text,
  enabled boolean default true not null,
  timeout_seconds integer default 60 not null,
  constraint scheduled_jobs_pkey PRIMARY KEY (name),
  constraint scheduled_jobs_check CHECK (num_nonnulls(sql_function, edge_function) = 1),
  constraint scheduled_jobs_edge_function_check CHECK (edge_function ~ '^[a-z][a-z0-9_-]{0,62}$'::text),
  constraint scheduled_jobs_name_check CHECK (name ~ '^[a-z][a-z0-9-]{0,62}$'::text),
  constraint scheduled_jobs_schedule_check CHECK (schedule ~ '^\S+( \S+){4,5}$'::text),
  constraint scheduled_jobs_sql_function_check CHECK (sql_function ~ '^private\.[a-z][a-z0-9_]*$'::text),
  constraint scheduled_jobs_timeout_seconds_check CHECK (timeout_seconds >= 1 AND timeout_seconds <= 3600)
);
comment on table private.scheduled_jobs is 'The only list of what runs on a schedule; each domain adds its own rows. The local scheduler sees a change within seconds; on Supabase run private.install_schedules again.';
comment on column private.scheduled_jobs.schedule is 'A cron expression in UTC of five fields, or of six that begin with seconds.';
comment on column private.scheduled_jobs.sql_function is 'A function without parameters, without its parentheses. What it returns is the run''s result; null, 0, {} and [] mean that there was nothing to do.';
comment on column private.scheduled_jobs.edge_function is 'The edge function that is called with a secret key.';
comment on column private.scheduled_jobs.enabled is 'false: no schedule calls it; by hand it still can be.';
comment on column private.scheduled_jobs.timeout_seconds is 'How long a run may take; after that it is recorded as failed and the job may run again.';
insert into private.scheduled_jobs (name, schedule, sql_function, edge_function, enabled, timeout_seconds) values ('cleanup-orphaned-streams', '*/10 * * * * *', 'private.cleanup_orphaned_streams', NULL, 'true', '60');
insert into private.scheduled_jobs (name, schedule, sql_function, edge_function, enabled, timeout_seconds) values ('delete-files', '0 * * * * *', NULL, 'delete-files', 'true', '60');
insert into private.scheduled_jobs (name, schedule, sql_function, edge_function, enabled, timeout_seconds) values ('expire-packages', '*/10 * * * * *', 'private.expire_packages', NULL, 'true', '60');
insert into private.scheduled_jobs (name, schedule, sql_function, edge_function, enabled, timeout_seconds) values ('flush-viewers', '*/10 * * * * *', NULL, 'flush-viewers', 'true', '60');
insert into private.scheduled_jobs (name, schedule, sql_function, edge_function, enabled, timeout_seconds) values ('maintain-partitions', '0 */10 * * * *', 'private.maintain_partitions', NULL, 'true', '60');
insert into private.scheduled_jobs (name, schedule, sql_function, edge_function, enabled, timeout_seconds) values ('reap-sessions', '*/10 * * * * *', 'private.reap_sessions', NULL, 'true', '60');

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
insert into private.settings (key, value, comment) values ('functions_url', '""', 'Where pg_cron calls edge functions: https://<project>.supabase.co/functions/v1; written by install_schedules.');
insert into private.settings (key, value, comment) values ('ingest_lease_seconds', '90', 'How long a session lives without word from its media server (nginx-rtmp reports every 30 s, the local one 10).');
insert into private.settings (key, value, comment) values ('ingest_reconnect_grace_seconds', '60', 'How long a publisher that went may come back to its session.');
insert into private.settings (key, value, comment) values ('ingest_refusal_memory_seconds', '10', 'How long a refused publisher that asks again gets the same answer; some servers ask twice for each publish.');
insert into private.settings (key, value, comment) values ('max_open_requests_per_user', '20', 'Restream requests that a user may have pending, approved or streaming.');
insert into private.settings (key, value, comment) values ('max_streams_per_user', '100', 'Streams that a user may own.');
insert into private.settings (key, value, comment) values ('playback_flv_url', '"http://127.0.0.1:8000/live/{stream_id}.flv"', 'Address of a live stream as HTTP-FLV; empty: not offered.');
insert into private.settings (key, value, comment) values ('playback_hls_url', '""', 'Address of a live stream as HLS; empty: not offered.');
insert into private.settings (key, value, comment) values ('playback_token_seconds', '3600', 'How long a playback address of an unlisted or private stream can be opened.');
insert into private.settings (key, value, comment) values ('reserved_usernames', '["abuse", "admin", "administrator", "anonymous", "api", "billing", "contact", "everyone", "help", "helpdesk", "info", "mod", "moderator", "moderators", "nobody", "null", "official", "operator", "payments", "privacy", "root", "security", "service", "staff", "streambed", "superuser", "support", "sysadmin", "system", "team", "undefined", "verified", "webmaster"]', 'Usernames that nobody may choose, without their underscores.');
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
  approved_version text,
  constraint stream_request_secrets_pkey PRIMARY KEY (request_id),
  constraint stream_request_secrets_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.stream_requests(id) ON DELETE CASCADE
);
comment on table private.stream_request_secrets is 'A request''s addresses as they were given, with their keys. Only claim_session hands them out, to a worker. The row goes when the request is cancelled or rejected and its session has ended.';
comment on column private.stream_request_secrets.approved_version is 'For a file in storage: what find_video_version said of it when it was approved. No other is pushed.';

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

CREATE OR REPLACE FUNCTION private.acknowledge_events(consumer text, "position" bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  handled_id uuid;
  slot private.event_consumer_members;
begin
  select aggregate_id into handled_id from private.event_log as e where e.position = acknowledge_events.position;
  select * into slot from private.event_consumer_members as known
  where known.consumer = acknowledge_events.consumer and known.member = private.member_of(handled_id, known.size)
  for update;
  if slot.member is null then
    perform private.fail('claim_not_found', format('Consumer %s was never handed the position %s.',
      acknowledge_events.consumer, coalesce(acknowledge_events.position::text, 'null')));
  elsif slot.acknowledged_position >= acknowledge_events.position then
    return false;
  elsif slot.claimed_position is null or slot.claimed_position < acknowledge_events.position then
    perform private.fail('events_not_claimed', format('The position %s has not been claimed by consumer %s.',
      acknowledge_events.position, acknowledge_events.consumer));
  end if;
  update private.event_consumer_members as known
  set acknowledged_position = acknowledge_events.position,
      leased_until = case when acknowledge_events.position < claimed_position then leased_until end,
      claimed_position = case when acknowledge_events.position < claimed_position then claimed_position end
  where known.consumer = slot.consumer and known.member = slot.member;
  return true;
end
$function$;
comment on function private.acknowledge_events(text,bigint) is 'All claimed events up to this position are handled. The lease ends with the last of them. True if that was news; a repeated acknowledgement changes nothing. Raises claim_not_found, events_not_claimed. Callable by service_role.';
grant execute on function private.acknowledge_events(text,bigint) to service_role;

CREATE OR REPLACE FUNCTION private.acknowledge_file_deletions(bucket_id text, names text[])
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  gone_count integer;
begin
  delete from private.file_deletions as deletion
  where deletion.bucket_id = acknowledge_file_deletions.bucket_id and deletion.name = any (names)
    and not exists (
      select from storage.objects as object
      where object.bucket_id = deletion.bucket_id and object.name = deletion.name);
  get diagnostics gone_count = row_count;
  return gone_count;
end
$function$;
comment on function private.acknowledge_file_deletions(text,text[]) is 'Forgets those of a bucket''s files that are gone from storage, whoever deleted them, and returns how many. Callable by service_role.';
grant execute on function private.acknowledge_file_deletions(text,text[]) to service_role;

CREATE OR REPLACE FUNCTION private.add_stream(owner_id uuid, title text, description text, visibility text, category text, settings jsonb)
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
    perform private.fail('max_streams_reached',
      format('You own %s streams; the limit is %s.', owned_count, private.setting_integer('max_streams_per_user')));
  end if;
  perform private.create_profile(account) from auth.users as account
  where id = owner_id and not exists (select from public.profiles where profiles.id = owner_id);
  insert into public.streams (user_id, title, description, visibility, category, settings)
  values (owner_id, add_stream.title, add_stream.description, add_stream.visibility, add_stream.category,
    add_stream.settings)
  returning * into created;
  return created;
end
$function$;
comment on function private.add_stream(uuid,text,text,text,text,jsonb) is 'Makes a user''s stream, without a key. Raises category_invalid, description_invalid, max_streams_reached, settings_invalid, title_invalid, visibility_invalid.';

CREATE OR REPLACE FUNCTION private.admit_ingest(attempt private.ingest_attempt, session public.stream_sessions, rule text)
 RETURNS public.ingest_answer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.log_admission(attempt, rule, session.id);
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
begin
  perform private.stop_ended_sessions(stream.user_id);
  refusal := private.find_closed_refusal(stream);
  if refusal.code is null then
    refusal := private.find_limit_refusal(stream.user_id);
  end if;
  if refusal.code is not null then
    perform private.fail(refusal.code, refusal.message);
  end if;
end
$function$;
comment on function private.admit_restream(public.streams) is 'The rules of admission for one more session. The caller has locked the user''s row. Raises stream_disabled, stream_expired, stream_limit_reached.';

CREATE OR REPLACE FUNCTION private.announce(written public.appended_event, event_type text, topic text, broadcast text, payload jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.send_broadcast(topic, broadcast, jsonb_build_object(
    'type', event_type, 'version', written.version, 'position', written.position, 'at', written.created_at) || payload);
end
$function$;
comment on function private.announce(public.appended_event,text,text,text,jsonb) is 'Tells a topic of an event: the payload, and {type, version, position, at}. Who missed a version sees the gap.';

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

CREATE OR REPLACE FUNCTION private.append_event(aggregate_type text, aggregate_id uuid, event_type text, event_data jsonb, expected_version bigint DEFAULT NULL::bigint, user_id uuid DEFAULT NULL::uuid, metadata jsonb DEFAULT '{}'::jsonb, event_id uuid DEFAULT NULL::uuid)
 RETURNS public.appended_event
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  known public.appended_event;
begin
  -- Checked in full only where this does not hold: it does nearly always, at a quarter of the cost.
  if (pg_column_size(event_data) + pg_column_size(metadata) <= 2048
    and jsonb_typeof(event_data) = 'object' and jsonb_typeof(metadata) = 'object'
    and not jsonb_path_exists(event_data, 'strict $.**{65}') and not jsonb_path_exists(metadata, 'strict $.**{65}')
    and ltrim(event_type, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ') = ''
    and ascii(event_type) between 65 and 90 and length(event_type) <= 80) is not true then
    perform private.check_event(event_type, event_data, metadata);
  end if;
  if event_id is not null then
    known := private.find_appended(event_id);
    if known.position is not null then
      return known;
    end if;
  end if;
  return private.write_event(aggregate_type, aggregate_id, event_type, event_data, user_id, metadata, expected_version,
    event_id);
end
$function$;
comment on function private.append_event(text,uuid,text,jsonb,bigint,uuid,jsonb,uuid) is 'Appends an event to an aggregate and returns where it stands. expected_version: the version that the caller decided on (0: none yet); null appends in any case. The same event_id again returns the first answer and writes nothing. Raises aggregate_id_invalid, aggregate_type_invalid, event_data_invalid, event_type_invalid, metadata_invalid, and version_conflict with both numbers. Callable by service_role.';
grant execute on function private.append_event(text,uuid,text,jsonb,bigint,uuid,jsonb,uuid) to service_role;

CREATE OR REPLACE FUNCTION private.append_events(aggregate_type text, aggregate_id uuid, events jsonb, expected_version bigint DEFAULT NULL::bigint)
 RETURNS public.appended_event
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  given jsonb;
  known_count integer;
  next_version bigint := expected_version;
  appended public.appended_event;
begin
  if coalesce(jsonb_typeof(events), '') <> 'array' or jsonb_array_length(events) not between 1 and 1000 then
    perform private.fail('events_invalid', 'events must be a JSON array of 1 to 1000 events.');
  end if;
  select count(*), max(known.position), max(known.version), max(known.created_at)
  into known_count, appended.position, appended.version, appended.created_at
  from jsonb_array_elements(events) as element, private.find_appended((element ->> 'event_id')::uuid) as known
  where element ->> 'event_id' is not null and known.position is not null;
  if known_count = jsonb_array_length(events) then
    return appended;
  elsif known_count > 0 then
    perform private.fail('event_id_conflict',
      format('%s of %s events have been appended before.', known_count, jsonb_array_length(events)));
  end if;
  for given in select element from jsonb_array_elements(events) as element loop
    appended := private.append_event(aggregate_type, aggregate_id, given ->> 'event_type', given -> 'event_data',
      next_version, (given ->> 'user_id')::uuid, coalesce(given -> 'metadata', '{}'), (given ->> 'event_id')::uuid);
    next_version := appended.version;
  end loop;
  return appended;
end
$function$;
comment on function private.append_events(text,uuid,jsonb,bigint) is 'Appends 1 to 1000 events, [{event_type, event_data, user_id, metadata, event_id}], to an aggregate, all or none, with consecutive versions; returns where the last one stands. The same event ids again return the first answer. Raises aggregate_id_invalid, aggregate_type_invalid, event_data_invalid, event_id_conflict (some ids are known, others not), event_type_invalid, events_invalid, metadata_invalid, version_conflict. Callable by service_role.';
grant execute on function private.append_events(text,uuid,jsonb,bigint) to service_role;

CREATE OR REPLACE FUNCTION private.append_notice(aggregate_type text, aggregate_id uuid, event_type text, event_data jsonb, owner_id uuid, personal text[] DEFAULT '{}'::text[], topic text DEFAULT NULL::text, broadcast text DEFAULT NULL::text, payload jsonb DEFAULT '{}'::jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  sealed private.sealed_data := (event_data, null);
  written public.appended_event;
begin
  if personal <> '{}' then
    sealed := private.seal(event_data, personal, owner_id);
  end if;
  written := private.write_event(aggregate_type, aggregate_id, event_type, sealed.event_data, owner_id,
    private.event_actor(), personal => sealed.personal);
  if topic is not null then
    perform private.announce(written, event_type, topic, coalesce(broadcast, event_type), payload);
  end if;
end
$function$;
comment on function private.append_notice(text,uuid,text,jsonb,uuid,text[],text,text,jsonb) is 'Appends what happened to an aggregate without changing its row: event_data has no `new`. owner_id: the user whose history it belongs to. personal: the members of event_data that are personal. topic: where it is broadcast, as the event `broadcast` (the event''s type unless given), with this payload. For other functions only.';

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
    update public.stream_requests set status = 'stopped', stopped_at = new.stopped_at
    where session_id = new.id and status = 'streaming';
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
    set viewer_count = case when session.is_active then sample.viewers else 0 end,
        peak_viewers = greatest(stream.peak_viewers, sample.peak)
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

CREATE OR REPLACE FUNCTION private.apply_session_to_stream(stream_id uuid, last_stopped_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  live_since timestamptz;
begin
  select started_at into live_since from public.stream_sessions as session
  where session.stream_id = apply_session_to_stream.stream_id and kind = 'ingest' and is_active;
  if found then
    update public.streams set status = 'live', started_at = live_since, ended_at = null, peak_viewers = 0
    where id = stream_id and status = 'idle';
  else
    update public.streams
    set status = case status when 'live' then 'idle' else status end, ended_at = last_stopped_at, viewer_count = 0
    where id = stream_id and ended_at is null and started_at is not null;
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

CREATE OR REPLACE FUNCTION private.approve_stream_request(id uuid, notes text DEFAULT NULL::text)
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
  request := private.lock_managed_request(id);
  if request.approved_at is not null and request.status <> 'rejected' then
    return request;
  elsif request.status <> 'pending' then
    perform private.fail('request_not_pending', format('This request is %s.', request.status));
  end if;
  update public.stream_requests
  set status = 'approved', approved_at = now(), approved_by = auth.uid(), admin_notes = coalesce(notes, admin_notes)
  where stream_requests.id = request.id returning * into request;
  perform private.pin_video(request.id);
  return request;
end
$function$;
comment on function private.approve_stream_request(uuid,text) is 'Lets a pending request be started; returns it. An approved one stays as it is. A file in storage is approved as it is now: one that takes its place is not pushed. For admins. Raises admin_required, notes_invalid, request_not_found, request_not_pending, sign_in_required.';
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
comment on function private.archive_events(timestamp with time zone) is 'Detaches the oldest partitions of the event log whose events are all older than `before` and have been acknowledged by every consumer; snapshots their aggregates first. Returns the names of the detached tables, which stay in the schema private until somebody dumps and drops them. What is kept replays as before; for older versions replay says so. Callable by service_role.';
grant execute on function private.archive_events(timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION private.ask_to_stop(session_id uuid)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  session public.stream_sessions;
begin
  select * into session from public.stream_sessions where id = session_id for no key update;
  if session.status in ('starting', 'running') and session.worker_id is not null then
    update public.stream_sessions set status = 'stopping' where id = session.id returning * into session;
  elsif session.status = 'starting' then
    perform private.stop_session(session.id, 'stopped');
    select * into session from public.stream_sessions where id = session_id;
  end if;
  return session;
end
$function$;
comment on function private.ask_to_stop(uuid) is 'Has a restream session''s worker stop it; stops it at once where no worker has it. The caller has locked its user''s row.';

CREATE OR REPLACE FUNCTION private.authorize_play(stream_id uuid, token text DEFAULT NULL::text)
 RETURNS public.play_answer
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  refusal private.refusal := private.find_play_refusal(stream_id, token);
  known private.errors;
begin
  if refusal.code is null then
    return row(true, null, null, null, null)::public.play_answer;
  end if;
  select * into known from private.errors where code = refusal.code;
  return row(false, known.status, known.code, refusal.message, known.hint)::public.play_answer;
end
$function$;
comment on function private.authorize_play(uuid,text) is 'May whoever opened a playback address with this token play? A refusal is an answer: 404 stream_not_found, 403 stream_disabled or 403 playback_token_invalid. Callable by service_role and streams_service.';
grant execute on function private.authorize_play(uuid,text) to service_role;
grant execute on function private.authorize_play(uuid,text) to streams_service;

CREATE OR REPLACE FUNCTION private.begin_ingest(stream_id uuid, key text, media_server text, publisher_id text, client_ip text DEFAULT NULL::text)
 RETURNS public.ingest_answer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  attempt private.ingest_attempt;
  stream public.streams;
  stream_key private.stream_keys;
  held public.stream_sessions;
  publisher text;
begin
  perform private.check_publisher(media_server, publisher_id);
  publisher := media_server || ' ' || publisher_id;
  -- Looked up twice: a wrong key must not make the owner's publishes wait, a right one may be rotated while this waits.
  if (private.find_stream_key(stream_id, key)).id is not null then
    perform pg_advisory_xact_lock(hashtextextended(publisher, 0));
    perform from public.users where id = (select user_id from public.streams where id = stream_id) for no key update;
    stream_key := private.find_stream_key(stream_id, key);
  end if;
  select * into stream from public.streams where id = stream_id;
  attempt := row(stream.id, stream.user_id, stream_key.id, private.mask_stream_key(key), media_server, publisher_id,
    private.parse_ip(client_ip));
  if stream_key.id is null then
    return private.refuse_ingest(attempt,
      row('stream_key_invalid', 'The stream key is not valid.', null, null)::private.refusal);
  end if;
  if stream_key.last_used_at is null or stream_key.last_used_at < now() - interval '1 minute' then
    update private.stream_keys set last_used_at = now() where id = stream_key.id;
  end if;
  held := private.find_publisher_session(media_server, publisher_id);
  if held.stream_id = stream.id and held.disconnected_at is null then
    return private.describe_admission(held);
  elsif held.stream_id <> stream.id then
    perform private.release_publisher(held.id);
  end if;
  if private.stop_ended_sessions(stream.user_id) > 0 then
    select * into stream from public.streams where id = stream_id;
  end if;
  return coalesce(private.recall_refusal(stream_key, publisher), private.decide_ingest(attempt, stream));
end
$function$;
comment on function private.begin_ingest(uuid,text,text,text,text) is 'May this publisher (a connection publisher_id of media_server, from client_ip) broadcast to the stream with this key (the secret alone)? A refusal is an answer and never an exception, so that its record commits: 401 stream_key_invalid, 402 stream_limit_reached, 403 stream_disabled, 409 stream_already_live or 410 stream_expired. The same publisher asking again gets the same answer and the same session. Raises media_server_invalid, publisher_id_invalid. Callable by service_role and streams_service.';
grant execute on function private.begin_ingest(uuid,text,text,text,text) to service_role;
grant execute on function private.begin_ingest(uuid,text,text,text,text) to streams_service;

CREATE OR REPLACE FUNCTION private.begin_job_run(job_name text)
 RETURNS public.job_lease
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  job private.scheduled_jobs;
  state private.job_states;
begin
  select * into job from private.scheduled_jobs where name = begin_job_run.job_name;
  if not found then
    perform private.fail('job_not_found', format('There is no scheduled job "%s".', left(begin_job_run.job_name, 60)));
  end if;
  insert into private.job_states (job_name) values (job.name) on conflict do nothing;
  select * into state from private.job_states where job_states.job_name = job.name for no key update;
  if state.leased_until > clock_timestamp() then
    return row(false, null, state.leased_until)::public.job_lease;
  elsif state.leased_until is not null then
    perform private.end_job_run(state, false, null,
      format('It did not finish within %s seconds.', job.timeout_seconds));
  end if;
  update private.job_states
  set run_id = state.run_id + 1, began_at = clock_timestamp(),
      leased_until = clock_timestamp() + make_interval(secs => job.timeout_seconds), finished_at = null
  where job_states.job_name = job.name
  returning * into state;
  return row(true, state.run_id, state.leased_until)::public.job_lease;
end
$function$;
comment on function private.begin_job_run(text) is 'Begins a run of a scheduled job, unless another run of it goes on. A run that outlives the job''s timeout is recorded as failed when the next one begins. Raises job_not_found. Callable by service_role.';
grant execute on function private.begin_job_run(text) to service_role;

CREATE OR REPLACE FUNCTION private.begin_viewing(stream_id uuid)
 RETURNS public.begun_viewing
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  stream public.streams := private.get_stream(stream_id);
  session public.stream_sessions;
begin
  select * into session from public.stream_sessions as known
  where known.stream_id = stream.id and known.kind = 'ingest' and known.is_active;
  if not found then
    perform private.fail('stream_not_live', 'This stream is not live.');
  end if;
  return row(session.id, session.started_at, stream.viewer_count, private.viewer_settings())::public.begun_viewing;
end
$function$;
comment on function private.begin_viewing(uuid) is 'What the edge function viewer asks before it counts a viewer, for whoever get_stream lets see the stream. Writes nothing. Raises stream_not_found, stream_not_live.';
grant execute on function private.begin_viewing(uuid) to anon;
grant execute on function private.begin_viewing(uuid) to authenticated;
grant execute on function private.begin_viewing(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.call_edge_job(job_name text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  job private.scheduled_jobs;
  secret_key text;
begin
  select * into job from private.scheduled_jobs where name = call_edge_job.job_name and enabled;
  if not found then
    return;
  end if;
  -- Names as arguments of format, here and below: checkers look up what stands in the text, and these need not exist.
  execute format('select decrypted_secret from %I.decrypted_secrets where name = $1', 'vault') into secret_key
  using private.setting_text('functions_secret_name');
  execute format('select %I.http_post(url => $1, body => $2, headers => $3, timeout_milliseconds => $4)', 'net')
  using private.setting_text('functions_url') || '/' || job.edge_function,
    jsonb_build_object('job', job.name),
    jsonb_build_object('content-type', 'application/json', 'apikey', secret_key),
    job.timeout_seconds * 1000;
end
$function$;
comment on function private.call_edge_job(text) is 'Calls a job''s edge function through pg_net, with the secret key from Vault: what pg_cron runs. Nothing for a job that is not there or not enabled.';

CREATE OR REPLACE FUNCTION private.cancel_stream_request(id uuid)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  request public.stream_requests := private.lock_managed_request(id);
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
  where stream_requests.id = request.id returning * into request;
  return request;
end
$function$;
comment on function private.cancel_stream_request(uuid) is 'Gives a request up for good and returns it: it is stopped, or, where it is streaming, will be when its session has ended. A rejected one stays as it is. For the owner and admins. Raises request_not_found, sign_in_required.';
grant execute on function private.cancel_stream_request(uuid) to authenticated;
grant execute on function private.cancel_stream_request(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.check_address(field text, address text, schemes text[], setting_key text)
 RETURNS private.address
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  parsed private.address := private.parse_address(address, schemes);
begin
  if parsed is null then
    perform private.fail(field || '_invalid',
      format('%s must be an address that begins with %s://, in plain ASCII and without a user name.',
        field, array_to_string(schemes, ':// or ')));
  end if;
  if private.is_forbidden_host(parsed.host) and not private.is_allowed_host(setting_key, parsed) then
    perform private.fail(field || '_forbidden',
      format('%s names %s, which is not on the public internet.', field, parsed.host));
  end if;
  return parsed;
end
$function$;
comment on function private.check_address(text,text,text[],text) is 'The parts of an address that a worker may use. Raises <field>_forbidden, <field>_invalid.';

CREATE OR REPLACE FUNCTION private.check_aggregate(aggregate_type text, aggregate_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if coalesce(aggregate_type, '') !~ '^[A-Z][A-Za-z0-9]*$' or length(aggregate_type) > 80 then
    perform private.fail('aggregate_type_invalid',
      'aggregate_type must be a singular name such as Stream, of up to 80 letters and digits.');
  elsif aggregate_id is null then
    perform private.fail('aggregate_id_invalid', 'aggregate_id is required.');
  end if;
end
$function$;
comment on function private.check_aggregate(text,uuid) is 'Raises aggregate_id_invalid, aggregate_type_invalid.';

CREATE OR REPLACE FUNCTION private.check_consumer(consumer text, max_count integer, lease_seconds integer, member integer, size integer)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  perform private.check_text('consumer', consumer, 1, 100);
  perform private.check_page(max_count);
  perform private.check_range('lease_seconds', lease_seconds, 1, 86400);
  perform private.check_range('size', size, 1, 256);
  if member is not null then
    perform private.check_range('member', member, 0, size - 1);
  end if;
end
$function$;
comment on function private.check_consumer(text,integer,integer,integer,integer) is 'Raises consumer_invalid, lease_seconds_invalid, max_count_invalid, member_invalid, size_invalid.';

CREATE OR REPLACE FUNCTION private.check_event(event_type text, event_data jsonb, metadata jsonb)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  perform private.check_json('event_data', event_data);
  perform private.check_json('metadata', metadata);
  if coalesce(event_type, '') !~ '^[A-Z][A-Za-z0-9]*$' or length(event_type) > 80 then
    perform private.fail('event_type_invalid',
      'event_type must be a name in the past tense such as StreamStarted, of up to 80 letters and digits.');
  elsif jsonb_typeof(event_data) is distinct from 'object' or octet_length(event_data::text) > 262144 then
    perform private.fail('event_data_invalid', 'event_data must be a JSON object of up to 256 kB.');
  elsif jsonb_typeof(metadata) is distinct from 'object' or octet_length(metadata::text) > 16384 then
    perform private.fail('metadata_invalid', 'metadata must be a JSON object of up to 16 kB.');
  end if;
end
$function$;
comment on function private.check_event(text,jsonb,jsonb) is 'Raises event_data_invalid, event_type_invalid, metadata_invalid.';

CREATE OR REPLACE FUNCTION private.check_json(field text, value jsonb, max_bytes integer DEFAULT NULL::integer)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if jsonb_path_exists(value, 'strict $.**{65}') then
    perform private.fail(field || '_invalid', format('%s must be nested at most 64 levels deep.', field));
  elsif octet_length(value::text) > max_bytes then
    perform private.fail(field || '_invalid',
      format('%s must be at most %s bytes, got %s.', field, max_bytes, octet_length(value::text)));
  end if;
end
$function$;
comment on function private.check_json(text,jsonb,integer) is 'Raises <field>_invalid for JSON deeper than 64 levels, or longer than max_bytes as text where that is given: what is too deep is stored, but breaks whoever reads it. Null passes. For other functions only.';

CREATE OR REPLACE FUNCTION private.check_kept(base private.event_snapshots, aggregate_type text, aggregate_id uuid, at_version bigint)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  base_version bigint := coalesce(base.version, 0);
  first_kept bigint;
begin
  if at_version <= base_version or exists (
    select from private.event_log as e where e.aggregate_type = check_kept.aggregate_type
      and e.aggregate_id = check_kept.aggregate_id and e.version = base_version + 1) then
    return;
  end if;
  first_kept := coalesce(
    (select version from private.event_log as e where e.aggregate_type = check_kept.aggregate_type
      and e.aggregate_id = check_kept.aggregate_id order by version limit 1),
    (select version + 1 from private.event_heads as head where head.aggregate_type = check_kept.aggregate_type
      and head.aggregate_id = check_kept.aggregate_id),
    1);
  if base_version < first_kept - 1 then
    perform private.fail('events_archived',
      format('The events of %s %s from that time are archived.', aggregate_type, aggregate_id));
  end if;
end
$function$;
comment on function private.check_kept(private.event_snapshots,text,uuid,bigint) is 'Raises events_archived where events after a snapshot (or after none) are needed that are no longer in the log.';

CREATE OR REPLACE FUNCTION private.check_not_last_admin(user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- All admins are locked in one order, so that two of them cannot demote each other at once.
  perform from public.users where role = 'admin' order by id for no key update;
  if exists (select from public.users where role = 'admin' and id = check_not_last_admin.user_id)
    and not exists (select from public.users where role = 'admin' and id <> check_not_last_admin.user_id) then
    perform private.fail('last_admin', 'This is the last admin.');
  end if;
end
$function$;
comment on function private.check_not_last_admin(uuid) is 'Raises last_admin for the only admin. No other admin can go until this transaction has ended.';

CREATE OR REPLACE FUNCTION private.check_one_of(field text, value text, allowed text[])
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if value is null or value <> all (allowed) then
    perform private.fail(field || '_invalid', format('%s must be one of %s, got %s.', field,
      array_to_string(allowed, ', '), coalesce(left(value, 60), 'nothing')));
  end if;
end
$function$;
comment on function private.check_one_of(text,text,text[]) is 'Raises <field>_invalid unless the value is in the list. Callable by every role, because triggers run as the client.';
grant execute on function private.check_one_of(text,text,text[]) to anon;
grant execute on function private.check_one_of(text,text,text[]) to authenticated;
grant execute on function private.check_one_of(text,text,text[]) to service_role;

CREATE OR REPLACE FUNCTION private.check_open_requests(owner_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  limit_count constant integer := private.setting_integer('max_open_requests_per_user');
  open_count constant integer := (
    select count(*) from public.stream_requests
    where user_id = owner_id and status in ('pending', 'approved', 'streaming'));
begin
  if open_count >= limit_count then
    perform private.fail('max_requests_reached',
      format('You have %s open requests; the limit is %s.', open_count, limit_count));
  end if;
end
$function$;
comment on function private.check_open_requests(uuid) is 'Raises max_requests_reached for a user who may have no more open requests. The caller has locked the user''s row.';

CREATE OR REPLACE FUNCTION private.check_page(max_count integer)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  perform private.check_range('max_count', max_count, 1, 1000);
end
$function$;
comment on function private.check_page(integer) is 'Raises max_count_invalid unless it is 1 to 1000.';

CREATE OR REPLACE FUNCTION private.check_presentation(title text, description text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  perform private.check_text('title', title, 1, 140);
  perform private.check_text('description', description, 0, 5000, multiline => true);
end
$function$;
comment on function private.check_presentation(text,text) is 'The bounds of what people write to present a stream. Raises description_invalid, title_invalid.';

CREATE OR REPLACE FUNCTION private.check_publisher(media_server text, publisher_id text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
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
comment on function private.check_publisher(text,text) is 'Raises media_server_invalid, publisher_id_invalid.';

CREATE OR REPLACE FUNCTION private.check_range(field text, value bigint, lowest bigint, highest bigint)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if value is null or value not between lowest and highest then
    perform private.fail(field || '_invalid',
      format('%s must be %s to %s, got %s.', field, lowest, highest, coalesce(value::text, 'nothing')));
  end if;
end
$function$;
comment on function private.check_range(text,bigint,bigint,bigint) is 'Raises <field>_invalid unless the value is lowest to highest. For other functions only.';

CREATE OR REPLACE FUNCTION private.check_recording(wanted private.recording)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  final_columns text[] := array(select jsonb_array_elements_text(value) from jsonb_each(wanted.finals));
  unknown_column text := (
    select named
    from unnest(array['id', wanted.owner] || wanted.unrecorded || wanted.personal || final_columns) as named
    where not exists (
      select from pg_catalog.pg_attribute
      where attrelid = wanted.table_name::regclass and attname = named and attnum > 0 and not attisdropped)
    limit 1);
begin
  if unknown_column is not null then
    perform private.fail('recording_invalid', format('%s has no column %s.', wanted.table_name, unknown_column));
  elsif (wanted.topic is null) <> (wanted.payload is null) then
    perform private.fail('recording_invalid', format('%s has a topic or a payload alone.', wanted.table_name));
  end if;
end
$function$;
comment on function private.check_recording(private.recording) is 'Raises recording_invalid for a table without the columns that are named, id and the owner''s among them.';

CREATE OR REPLACE FUNCTION private.check_rpc(target regprocedure, roles text[])
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  rpc pg_catalog.pg_proc;
  unknown_role text := (
    select role from unnest(roles) as role
    where not exists (select from pg_catalog.pg_roles where rolname = role) limit 1);
  complaint text;
begin
  select * into rpc from pg_catalog.pg_proc where oid = target;
  complaint := case
    when rpc.pronamespace <> 'private'::regnamespace then 'is not in the schema private'
    when obj_description(target, 'pg_proc') is null then 'has no comment'
    when 'search_path=""' <> all (coalesce(rpc.proconfig, '{}')) then 'lacks "set search_path = ''''"'
    when rpc.prokind <> 'f' or rpc.provariadic <> 0 or rpc.proargmodes && '{o,b}' then
      'is a procedure, is variadic or has an out parameter'
    when cardinality(coalesce(rpc.proargnames, '{}')) < rpc.pronargs or '' = any (rpc.proargnames[:rpc.pronargs]) then
      'has a parameter without a name'
    when unknown_role is not null then format('is published to %s, which is no role', unknown_role)
    when cardinality(roles) = 0 then 'is published to nobody'
  end;
  if complaint is not null then
    perform private.fail('rpc_invalid', format('%s %s.', target, complaint));
  end if;
end
$function$;
comment on function private.check_rpc(regprocedure,text[]) is 'Raises rpc_invalid for what publish_rpc does not take.';

CREATE OR REPLACE FUNCTION private.check_rtmp_url(rtmp_url text)
 RETURNS private.address
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  parsed private.address := private.check_address('rtmp_url', rtmp_url, array['rtmp', 'rtmps'],
    'allowed_target_hosts');
begin
  if parsed.path !~ '^/[^/]' then
    perform private.fail('rtmp_url_invalid', 'rtmp_url has no application and key after the host.');
  end if;
  return parsed;
end
$function$;
comment on function private.check_rtmp_url(text) is 'The parts of a target. Raises rtmp_url_forbidden, rtmp_url_invalid.';

CREATE OR REPLACE FUNCTION private.check_stream_settings(settings jsonb)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  wrong record;
begin
  if jsonb_typeof(settings) is distinct from 'object' then
    perform private.fail('settings_invalid',
      format('settings must be a JSON object, got %s.', coalesce(jsonb_typeof(settings), 'nothing')));
  end if;
  perform private.check_json('settings', settings, 16384);
  select known.key, known.value #>> '{}' as wanted, jsonb_typeof(settings -> known.key) as got into wrong
  from jsonb_each(private.setting('stream_settings_types')) as known
  where settings ? known.key and jsonb_typeof(settings -> known.key) <> known.value #>> '{}'
  limit 1;
  if found then
    perform private.fail('settings_invalid',
      format('settings.%s must be a %s, got %s.', wrong.key, wrong.wanted, wrong.got));
  end if;
end
$function$;
comment on function private.check_stream_settings(jsonb) is 'Raises settings_invalid unless the value is an object of up to 16 kB and 64 levels whose known keys have their types.';

CREATE OR REPLACE FUNCTION private.check_text(field text, value text, min_length integer, max_length integer, multiline boolean DEFAULT false)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if value is null then
    if min_length > 0 then
      perform private.fail(field || '_invalid', format('%s is required.', field));
    end if;
    return;
  end if;
  if char_length(value) not between min_length and max_length or (min_length > 0 and value !~ '\S') then
    perform private.fail(field || '_invalid', format('%s must be %s to %s characters, got %s.', field,
      min_length, max_length, case when value ~ '\S' then char_length(value) else 0 end));
  end if;
  if value ~ (case when multiline
      then '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]'
      else '[\u0001-\u001f\u007f-\u009f]' end) then
    perform private.fail(field || '_invalid', format('%s must not contain control characters%s.', field,
      case when multiline then ' other than line breaks and tabs' else '' end));
  end if;
end
$function$;
comment on function private.check_text(text,text,integer,integer,boolean) is 'Raises <field>_invalid unless the value has min_length to max_length characters and no control characters (multiline allows line breaks and tabs). A null passes where min_length is 0. Callable by every role, because triggers run as the client.';
grant execute on function private.check_text(text,text,integer,integer,boolean) to anon;
grant execute on function private.check_text(text,text,integer,integer,boolean) to authenticated;
grant execute on function private.check_text(text,text,integer,integer,boolean) to service_role;

CREATE OR REPLACE FUNCTION private.check_user_names()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.check_text('first_name', new.first_name, 0, 80);
  perform private.check_text('last_name', new.last_name, 0, 80);
  return new;
end
$function$;
comment on function private.check_user_names() is 'Trigger: bounds the names. Raises first_name_invalid, last_name_invalid.';

CREATE OR REPLACE FUNCTION private.check_video_source(video_source text, owner_id uuid)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if video_source ~* '^[a-z][a-z0-9+.-]*:' then
    return private.mask_source_url(
      private.check_address('video_source', video_source, array['https', 'http'], 'allowed_source_hosts'));
  end if;
  perform private.check_text('video_source', video_source, 1, 1024);
  if not starts_with(video_source, 'videos/' || owner_id || '/') or video_source ~ '(^|/)\.{0,2}(/|$)' then
    perform private.fail('video_source_invalid',
      'video_source is neither an address nor a file in your own storage folder.');
  end if;
  if not exists (
    select from storage.objects where bucket_id = 'videos' and name = substr(video_source, length('videos/') + 1)) then
    perform private.fail('video_not_found', format('There is no file %s.', video_source));
  end if;
  return video_source;
end
$function$;
comment on function private.check_video_source(text,uuid) is 'What of a video''s source may be shown. Raises video_not_found, video_source_forbidden, video_source_invalid.';

CREATE OR REPLACE FUNCTION private.claim_events(consumer text, max_count integer DEFAULT 100, lease_seconds integer DEFAULT 60, member integer DEFAULT NULL::integer, size integer DEFAULT 1)
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
  perform private.check_consumer(consumer, max_count, lease_seconds, member, size);
  if not exists (select from private.event_consumer_members as known
    where known.consumer = claim_events.consumer and known.size = claim_events.size) then
    perform private.resize_consumer(consumer, size);
  end if;
  for slot in
    select * from private.event_consumer_members as known
    where known.consumer = claim_events.consumer and known.size = claim_events.size
      and (claim_events.member is null or known.member = claim_events.member)
      and (leased_until is null or leased_until <= clock_timestamp())
    order by acknowledged_position, known.member
    for update skip locked
  loop
    settled_position := private.settle_events(slot.acknowledged_position, max_count * slot.size);
    claimed := array(select e from private.find_member_events(slot, settled_position, max_count) as e);
    if cardinality(claimed) > 0 then
      update private.event_consumer_members as known
      set claimed_position = claimed[cardinality(claimed)].position,
          leased_until = clock_timestamp() + make_interval(secs => lease_seconds)
      where known.consumer = slot.consumer and known.member = slot.member;
      return query select * from unnest(claimed);
      return;
    elsif settled_position > slot.acknowledged_position then
      update private.event_consumer_members as known
      set acknowledged_position = settled_position, claimed_position = null, leased_until = null
      where known.consumer = slot.consumer and known.member = slot.member;
    end if;
  end loop;
end
$function$;
comment on function private.claim_events(text,integer,integer,integer,integer) is 'The next events of a consumer (made by its first claim, from the beginning of the log), at most max_count (1 to 1000), leased for lease_seconds (1 to 86400): handle them, then acknowledge_events with the last position. Not acknowledged in time, they are handed out again. With size > 1 that many members share the log by aggregate; member names one (0 to size - 1), null takes any that is free. No rows: nothing to do, or all members are leased. Raises consumer_busy (another size while members are at work), consumer_invalid, lease_seconds_invalid, max_count_invalid, member_invalid, size_invalid. Callable by service_role.';
grant execute on function private.claim_events(text,integer,integer,integer,integer) to service_role;

CREATE OR REPLACE FUNCTION private.claim_session(worker_id text, lease_seconds integer)
 RETURNS public.session_claim
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  job private.restream_jobs;
begin
  perform private.check_text('worker_id', worker_id, 1, 200);
  perform private.check_range('lease_seconds', lease_seconds, 10, 3600);
  perform private.cleanup_orphaned_streams();
  select queued.* into job
  from private.restream_jobs as queued
  join public.stream_sessions as session on session.id = queued.session_id
  where queued.queued_at is not null and queued.source_url is not null and session.status = 'starting'
    and not (queued.is_storage and private.is_video_changed(queued.request_id))
  order by queued.queued_at limit 1
  for no key update skip locked;
  if not found then
    return private.describe_idle_queue();
  end if;
  update public.stream_sessions set worker_id = claim_session.worker_id, last_seen_at = now()
  where id = job.session_id;
  update private.restream_jobs
  set queued_at = null, lease_seconds = claim_session.lease_seconds,
      lease_expires_at = now() + make_interval(secs => claim_session.lease_seconds)
  where session_id = job.session_id
  returning * into job;
  return private.describe_claim(job);
end
$function$;
comment on function private.claim_session(text,integer) is 'Gives the worker the session that has waited longest, for lease_seconds (10 to 3600), with the real source and target; or says when to ask again. Raises lease_seconds_invalid, worker_id_invalid. Callable by restream_worker and service_role.';
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
comment on function private.cleanup_orphaned_streams() is 'Settles restream sessions that were lost (worker''s lease ran out, or starting for too long): queued anew up to restream_max_requeues times, then error with a reason; stopped where that was asked for. Run by the job cleanup-orphaned-streams and by each claim. Returns how many; those being changed at the moment wait for the next run. Callable by service_role and streams_service.';
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

CREATE OR REPLACE FUNCTION private.create_head(aggregate_type text, aggregate_id uuid, expected_version bigint)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  known_version bigint;
begin
  perform private.check_aggregate(aggregate_type, aggregate_id);
  insert into private.event_heads (aggregate_type, aggregate_id, version, hash, last_event_at, snapshot_due)
  values (create_head.aggregate_type, create_head.aggregate_id, 0, '', '-infinity',
    private.setting_integer('events_per_snapshot'))
  on conflict do nothing;
  select version into known_version from private.event_heads as head
  where head.aggregate_type = create_head.aggregate_type and head.aggregate_id = create_head.aggregate_id;
  if known_version <> expected_version then
    perform private.fail('version_conflict', format('Expected version %s of %s %s, but it is at version %s.',
      expected_version, aggregate_type, aggregate_id, known_version));
  end if;
end
$function$;
comment on function private.create_head(text,uuid,bigint) is 'Makes the head of an aggregate without events, at version 0. Raises aggregate_id_invalid, aggregate_type_invalid, and version_conflict with both numbers where the aggregate is not at the expected version.';

CREATE OR REPLACE FUNCTION private.create_partition(parent text, period text, moment timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  first_moment timestamptz := date_trunc(period, moment at time zone 'utc') at time zone 'utc';
  next_moment timestamptz :=
    (date_trunc(period, moment at time zone 'utc') + ('1 ' || period)::interval) at time zone 'utc';
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
  execute format('alter table %s attach partition %s for values from (%L) to (%L)',
    parent, partition_table, first_moment, next_moment);
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
  attempt text := coalesce(suggestion, private.make_username());
  shown_name text := left(regexp_replace(account.raw_user_meta_data ->> 'display_name',
    '[\u0001-\u001f\u007f-\u009f]', '', 'g'), 80);
begin
  for attempts in 1..6 loop
    exit when not private.is_username_taken(attempt);
    attempt := coalesce(left(suggestion, 24) || '_' || substr(encode(extensions.gen_random_bytes(3), 'hex'), 1, 5),
      private.make_username());
  end loop;
  insert into public.profiles (id, username, display_name) values (account.id, attempt, nullif(shown_name, ''))
  on conflict (id) do nothing;
end
$function$;
comment on function private.create_profile(auth.users) is 'Makes an account''s profile under the username that it chose, with a random suffix where that is taken, or under a neutral one.';

CREATE OR REPLACE FUNCTION private.create_snapshot(aggregate_type text, aggregate_id uuid, version bigint, state jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  snapshotted private.event_log;
begin
  perform private.check_json('state', state, 1048576);
  select * into snapshotted from private.event_log as e
  where e.aggregate_type = create_snapshot.aggregate_type and e.aggregate_id = create_snapshot.aggregate_id
    and e.version = create_snapshot.version;
  if not found then
    perform private.fail('event_not_found',
      format('There is no event %s of %s %s.', version, aggregate_type, aggregate_id));
  end if;
  insert into private.event_snapshots (aggregate_type, aggregate_id, version, state, hash, created_at)
  values (snapshotted.aggregate_type, snapshotted.aggregate_id, snapshotted.version, create_snapshot.state,
    snapshotted.hash, snapshotted.created_at)
  on conflict do nothing;
  return found;
end
$function$;
comment on function private.create_snapshot(text,uuid,bigint,jsonb) is 'Stores an aggregate''s state after one of its events, as an application that folds events its own way computed it; true if there was none. It is kept as it is, so leave personal values out. Snapshots are also taken by themselves, every events_per_snapshot events. Raises event_not_found, and state_invalid past 1 MB. Callable by service_role.';
grant execute on function private.create_snapshot(text,uuid,bigint,jsonb) to service_role;

CREATE OR REPLACE FUNCTION private.create_stream(title text, description text DEFAULT NULL::text, visibility text DEFAULT 'public'::text, category text DEFAULT NULL::text, settings jsonb DEFAULT '{}'::jsonb)
 RETURNS public.created_stream
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  created public.streams :=
    private.add_stream(private.require_user(), title, description, visibility, category, settings);
begin
  return row(created, private.create_stream_key(created.id), private.setting_text('rtmp_url'))::public.created_stream;
end
$function$;
comment on function private.create_stream(text,text,text,text,jsonb) is 'Makes a stream and its first key. For signed-in users. Raises category_invalid, description_invalid, max_streams_reached, settings_invalid, sign_in_required, title_invalid, visibility_invalid.';
grant execute on function private.create_stream(text,text,text,text,jsonb) to authenticated;
grant execute on function private.create_stream(text,text,text,text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION private.create_stream_key(stream_id uuid)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  secret text := encode(extensions.gen_random_bytes(24), 'hex');
begin
  insert into private.stream_keys (stream_id, secret_hash, prefix)
  values (create_stream_key.stream_id, private.hash_stream_key(secret), left(secret, 8));
  return stream_id || '?key=' || secret;
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
 RETURNS public.ingest_answer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  session public.stream_sessions;
  refusal private.refusal;
begin
  select * into session from public.stream_sessions where stream_id = stream.id and kind = 'ingest' and is_active;
  refusal := private.find_closed_refusal(stream);
  if refusal.code is null and session.id is not null and session.disconnected_at is null then
    refusal.code := 'stream_already_live';
    refusal.message := 'Another encoder is publishing to this stream.';
  end if;
  if refusal.code is not null then
    return private.refuse_ingest(attempt, refusal);
  end if;
  if session.id is not null and session.stream_key_id = attempt.key_id then
    return private.admit_ingest(attempt, private.resume_session(attempt, session.id), 'resumed');
  elsif session.id is not null then
    perform private.stop_session(session.id, 'disconnected', session.disconnected_at);
  end if;
  refusal := private.find_limit_refusal(stream.user_id);
  if refusal.code is not null then
    return private.refuse_ingest(attempt, refusal);
  end if;
  return private.admit_ingest(attempt, private.start_session(attempt), 'admitted');
end
$function$;
comment on function private.decide_ingest(private.ingest_attempt,public.streams) is 'The rules of admission, in their order, for a publisher with a valid key. The caller has locked the user''s row.';

CREATE OR REPLACE FUNCTION private.default_port(scheme text)
 RETURNS integer
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return case scheme when 'http' then 80 when 'https' then 443 when 'rtmp' then 1935 when 'rtmps' then 443 end;
end
$function$;
comment on function private.default_port(text) is 'The port of a scheme that names none.';

CREATE OR REPLACE FUNCTION private.delete_account()
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  owner_id uuid := private.require_user();
begin
  perform private.check_not_last_admin(owner_id);
  delete from auth.users where id = owner_id;
end
$function$;
comment on function private.delete_account() is 'Deletes the caller''s account with all that is theirs, for good: broadcasts end, personal values in the event log are erased. docs/personal-data.md says what is kept. For signed-in users. Raises last_admin, sign_in_required.';
grant execute on function private.delete_account() to authenticated;
grant execute on function private.delete_account() to service_role;

CREATE OR REPLACE FUNCTION private.delete_stream(stream_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  managed public.streams := private.lock_managed_stream(stream_id, admins_too => true);
begin
  perform private.remove_stream(managed.id);
end
$function$;
comment on function private.delete_stream(uuid) is 'Ends a stream''s running session and deletes the stream with its keys and sessions. For the owner and admins. Raises sign_in_required, stream_not_found.';
grant execute on function private.delete_stream(uuid) to authenticated;
grant execute on function private.delete_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.derive_streams_allowed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  new.streams_allowed := private.streams_allowed(new.package_type, new.package_expires_at);
  return new;
end
$function$;
comment on function private.derive_streams_allowed() is 'Trigger: streams_allowed follows from the package.';

CREATE OR REPLACE FUNCTION private.describe_admission(session public.stream_sessions)
 RETURNS public.ingest_answer
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return row(true, session.id, session.stream_id, session.user_id, session.resumed_at is not null,
    null, null, null, null)::public.ingest_answer;
end
$function$;
comment on function private.describe_admission(public.stream_sessions) is 'The answer of begin_ingest for an admitted publisher.';

CREATE OR REPLACE FUNCTION private.describe_changed_video(video_source text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return format('%s is not the file that was approved.', video_source);
end
$function$;
comment on function private.describe_changed_video(text) is 'What people are told of a file that was replaced.';

CREATE OR REPLACE FUNCTION private.describe_claim(job private.restream_jobs)
 RETURNS public.session_claim
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  claimed public.claimed_session;
begin
  select job.session_id, job.source_url, job.is_storage, secrets.rtmp_url, request.repeat, job.requeue_count + 1,
    job.lease_seconds
  into claimed
  from public.stream_requests as request
  join private.stream_request_secrets as secrets on secrets.request_id = request.id
  where request.id = job.request_id;
  return row(claimed, private.describe_worker_rules(), null)::public.session_claim;
end
$function$;
comment on function private.describe_claim(private.restream_jobs) is 'What a worker gets that has claimed a job.';

CREATE OR REPLACE FUNCTION private.describe_idle_queue()
 RETURNS public.session_claim
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return row(null, null, (
    select greatest(round(extract(epoch from lease_expires_at - now()), 1), 0)
    from private.restream_jobs where lease_expires_at is not null
    order by lease_expires_at limit 1))::public.session_claim;
end
$function$;
comment on function private.describe_idle_queue() is 'What a worker gets where nothing waits for it.';

CREATE OR REPLACE FUNCTION private.describe_ingest_refusal(code text, message text)
 RETURNS public.ingest_answer
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  known private.errors;
begin
  select * into known from private.errors where errors.code = describe_ingest_refusal.code;
  return row(false, null, null, null, null, known.status, known.code, describe_ingest_refusal.message, known.hint)
    ::public.ingest_answer;
end
$function$;
comment on function private.describe_ingest_refusal(text,text) is 'The answer of begin_ingest for a refused publisher. code: one of private.errors, which has status and hint.';

CREATE OR REPLACE FUNCTION private.describe_worker_rules()
 RETURNS public.worker_rules
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return row(private.forbidden_networks(),
    array(select jsonb_array_elements_text(private.setting('allowed_source_hosts'))),
    array(select jsonb_array_elements_text(private.setting('allowed_target_hosts'))))::public.worker_rules;
end
$function$;
comment on function private.describe_worker_rules() is 'The rules that hold now.';

CREATE OR REPLACE FUNCTION private.disable_stream(stream_id uuid)
 RETURNS public.streams
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  managed public.streams := private.lock_managed_stream(stream_id, admins_too => true);
begin
  update public.streams
  set status = 'disabled',
      disabled_by = case
        when disabled_by = 'admin' or managed.user_id is distinct from (select auth.uid()) then 'admin'
        else 'owner'
      end
  where id = managed.id;
  perform private.stop_stream(managed.id, 'disabled');
  select * into managed from public.streams where id = managed.id;
  return managed;
end
$function$;
comment on function private.disable_stream(uuid) is 'Ends a stream''s running session and admits no publisher until enable_stream; returns the row. For the owner and admins. Raises sign_in_required, stream_not_found.';
grant execute on function private.disable_stream(uuid) to authenticated;
grant execute on function private.disable_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.disconnect_others(media_server text, publisher_ids text[])
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  lost_count integer;
begin
  update public.stream_sessions set disconnected_at = now()
  where id in (
    select session.id from public.stream_sessions as session
    where session.media_server = disconnect_others.media_server and session.publisher_id <> all (publisher_ids)
      and is_active and kind = 'ingest' and disconnected_at is null
    for no key update skip locked
  );
  get diagnostics lost_count = row_count;
  return lost_count;
end
$function$;
comment on function private.disconnect_others(text,text[]) is 'Disconnects a media server''s sessions, but for those of these publishers. Returns how many. A session that somebody is changing is left alone: waiting for several rows at once could deadlock.';

CREATE OR REPLACE FUNCTION private.drop_recording(table_name text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  execute format('drop function private.%s_append_event() cascade', split_part(table_name, '.', 2));
end
$function$;
comment on function private.drop_recording(text) is 'Ends the recording of a table''s events. For rollbacks.';

CREATE OR REPLACE FUNCTION private.drop_rpc(signature text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  target constant regprocedure := signature::regprocedure;
begin
  execute format('drop function public.%I(%s)', (select proname from pg_catalog.pg_proc where oid = target),
    pg_get_function_identity_arguments(target));
  execute format('drop function %s', target);
end
$function$;
comment on function private.drop_rpc(text) is 'Drops a published function, such as ''private.get_stream(uuid)'', and its shell in public. For rollbacks.';

CREATE OR REPLACE FUNCTION private.enable_stream(stream_id uuid)
 RETURNS public.streams
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  managed public.streams := private.lock_managed_stream(stream_id, admins_too => true);
begin
  if managed.disabled_by = 'admin' and not (private.is_admin() or private.is_trusted_caller()) then
    perform private.fail('disabled_by_admin', 'An admin disabled this stream.');
  end if;
  if managed.status = 'disabled' then
    update public.streams set status = 'idle', disabled_by = null where id = managed.id returning * into managed;
  end if;
  return managed;
end
$function$;
comment on function private.enable_stream(uuid) is 'Lets a disabled stream be broadcast to again; returns the row. For the owner and admins. Raises disabled_by_admin, sign_in_required, stream_not_found.';
grant execute on function private.enable_stream(uuid) to authenticated;
grant execute on function private.enable_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.encrypt_personal(personal jsonb, owner_id uuid)
 RETURNS bytea
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  key bytea;
  nonce bytea;
begin
  if personal is null or personal = '{}' then
    return null;
  end if;
  key := private.provide_personal_key(owner_id);
  nonce := extensions.gen_random_bytes(16);
  return nonce || extensions.encrypt_iv(convert_to(personal::text, 'utf8'), key, nonce, 'aes-cbc');
end
$function$;
comment on function private.encrypt_personal(jsonb,uuid) is 'Values encrypted with a user''s key, AES-256-CBC, after the 16 bytes of the initialization vector; null for none, and without a key.';

CREATE OR REPLACE FUNCTION private.end_ingest(media_server text, publisher_id text, bytes_in bigint DEFAULT NULL::bigint)
 RETURNS public.ended_ingest
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  left_id uuid;
begin
  perform private.check_publisher(media_server, publisher_id);
  update public.stream_sessions as session
  set disconnected_at = now(), last_seen_at = now(),
      bytes_in = session.bytes_in + coalesce(end_ingest.bytes_in, 0)
  where session.media_server = end_ingest.media_server and session.publisher_id = end_ingest.publisher_id
    and is_active and kind = 'ingest' and disconnected_at is null
  returning id into left_id;
  return row(left_id is not null, left_id)::public.ended_ingest;
end
$function$;
comment on function private.end_ingest(text,text,bigint) is 'A publisher went: its session is disconnected and stops when the reconnect grace is over (reap_sessions), unless it comes back. bytes_in: what it sent over this connection. A publisher that holds no session changes nothing. Raises media_server_invalid, publisher_id_invalid. Callable by service_role and streams_service.';
grant execute on function private.end_ingest(text,text,bigint) to service_role;
grant execute on function private.end_ingest(text,text,bigint) to streams_service;

CREATE OR REPLACE FUNCTION private.end_job_run(state private.job_states, ok boolean, result jsonb, error text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  moment constant timestamptz := clock_timestamp();
begin
  update private.job_states set leased_until = null, finished_at = moment where job_name = state.job_name;
  if not ok or coalesce(result, 'null') not in ('null', '0', 'false', '{}', '[]') then
    insert into private.job_runs (job_name, run_id, created_at, finished_at, ok, result, error)
    values (state.job_name, state.run_id, state.began_at, moment, end_job_run.ok, end_job_run.result,
      left(end_job_run.error, 2000));
  end if;
end
$function$;
comment on function private.end_job_run(private.job_states,boolean,jsonb,text) is 'Records how a run ended, unless it had nothing to do, and lets the job run again.';

CREATE OR REPLACE FUNCTION private.end_restream(session public.stream_sessions, status text, error text, exit_code integer)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.stream_sessions
  set status = case when session.status = 'stopping' then 'stopped' else end_restream.status end,
      ended_reason = case
        when session.status = 'stopping' then 'stopped'
        when end_restream.status = 'stopped' then 'finished'
        else 'failed' end,
      error = coalesce(private.mask_report(session.id, end_restream.error), session.error),
      exit_code = end_restream.exit_code, stopped_at = now()
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
    perform private.fail('invalid_transition', format('%s cannot go from %s to %s; allowed: %s.',
      tg_table_name, old.status, new.status, array_to_string(tg_argv, ', ')));
  end if;
  return new;
end
$function$;
comment on function private.enforce_transitions() is 'Trigger on update of status: its arguments list the allowed moves as from>to. Raises invalid_transition.';

CREATE OR REPLACE FUNCTION private.erase_admissions()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update private.admission_log set client_ip = null where stream_id = old.id and client_ip is not null;
  return null;
end
$function$;
comment on function private.erase_admissions() is 'Trigger: when a stream goes, with its owner''s account or without, its publishers'' addresses go.';

CREATE OR REPLACE FUNCTION private.erase_personal_events(user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into private.personal_keys as known (user_id, erased_at) values (erase_personal_events.user_id, now())
  on conflict on constraint personal_keys_pkey do update set key = null, erased_at = now() where known.key is not null;
end
$function$;
comment on function private.erase_personal_events(uuid) is 'Throws a user''s key away: their personal data in events is erased, and later events of theirs store none.';

CREATE OR REPLACE FUNCTION private.erase_restream(user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.request_file_deletions('videos', user_id || '/');
end
$function$;
comment on function private.erase_restream(uuid) is 'Has a user''s videos deleted from storage. Their requests go with the account''s row.';

CREATE OR REPLACE FUNCTION private.erase_streams(user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform from public.users where id = user_id for no key update;
  perform private.remove_stream(owned.id) from public.streams as owned where owned.user_id = erase_streams.user_id;
end
$function$;
comment on function private.erase_streams(uuid) is 'Deletes a user''s streams as delete_stream does, so that running broadcasts end and are told to end.';

CREATE OR REPLACE FUNCTION private.erase_user(user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  erasure private.erasures;
begin
  for erasure in select * from private.erasures order by id loop
    execute format('select %s($1)', erasure.sql_function) using user_id;
  end loop;
end
$function$;
comment on function private.erase_user(uuid) is 'Has every domain erase what it knows of a user. Called before the account is deleted, by whatever way.';

CREATE OR REPLACE FUNCTION private.erase_values(picked jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return (select jsonb_object_agg(key, case when key in ('old', 'new') and jsonb_typeof(value) = 'object'
    then (select jsonb_object_agg(member, 'erased') from jsonb_object_keys(value) as member)
    else '"erased"' end) from jsonb_each(picked));
end
$function$;
comment on function private.erase_values(jsonb) is 'Event data with "erased" for each value, also within old and new.';

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
comment on function private.event_actor() is 'Who does what is being done: {"actor_id", "actor_role"}; the metadata of events that the database appends.';

CREATE OR REPLACE FUNCTION private.event_consumers()
 RETURNS TABLE(consumer text, size integer, acknowledged_position bigint, lag bigint, leased_members bigint)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_admin();
  return query select * from private.event_consumer_lags as lags order by lags.consumer;
end
$function$;
comment on function private.event_consumers() is 'Each consumer with how far its slowest member has come (acknowledged_position), how many positions it lags behind the newest, and how many of its members hold a lease. For admins. Raises admin_required, sign_in_required.';
grant execute on function private.event_consumers() to authenticated;
grant execute on function private.event_consumers() to service_role;

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
comment on function private.expire_packages() is 'Lets users.streams_allowed follow packages that ran out (admission looks at the expiry itself); run by the job expire-packages. Returns how many users changed. Callable by service_role.';
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
    execute format('create trigger event_log_keep before truncate on %s '
      'for each statement execute function private.refuse_event_change()', table_name);
    insert into private.event_partitions values (first_position, first_position + span, table_name);
  end loop;
end
$function$;
comment on function private.extend_event_log() is 'Makes partitions until two lie ahead of the newest position. Called by every thousandth append: no schedule has to run for the log to go on.';

CREATE OR REPLACE FUNCTION private.fail(code text, message text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  known private.errors;
begin
  select * into known from private.errors where errors.code = fail.code;
  raise exception using
    errcode = 'PT' || coalesce(known.status, 500),
    message = fail.message,
    detail = fail.code,
    hint = coalesce(known.hint, 'This code is missing in private.errors: tell whoever runs this service.');
end
$function$;
comment on function private.fail(text,text) is 'Refuses the current statement the way every rule of Streambed does: SQLSTATE PT<status>, which the API turns into that HTTP status and {code, message, details, hint}. code: one of private.errors, which has status and hint; any other is a PT500. message: what happened, with the values. Callable by every role, because triggers run as the client.';
grant execute on function private.fail(text,text) to anon;
grant execute on function private.fail(text,text) to authenticated;
grant execute on function private.fail(text,text) to service_role;

CREATE OR REPLACE FUNCTION private.fail_lease_lost(session_id uuid, worker_id text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.fail('lease_lost', format('Worker %s does not hold session %s.', worker_id, session_id));
end
$function$;
comment on function private.fail_lease_lost(uuid,text) is 'Raises lease_lost.';

CREATE OR REPLACE FUNCTION private.fail_stream_not_found(stream_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  perform private.fail('stream_not_found', format('There is no stream %s that you may see.', stream_id));
end
$function$;
comment on function private.fail_stream_not_found(uuid) is 'Raises stream_not_found, the one answer for what does not exist and what the caller may not see.';

CREATE OR REPLACE FUNCTION private.find_appended(event_id uuid)
 RETURNS public.appended_event
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  appended public.appended_event;
begin
  perform pg_advisory_xact_lock(hashtextextended('event ' || event_id, 0));
  select log.position, log.version, log.created_at into appended from private.event_log as log where log.id = event_id;
  if not found and substr(event_id::text, 15, 4) = '8000' then
    select events.position, events.version, events.created_at into appended from private.events
    where events.position = ('x0000' || substr(event_id::text, 1, 8) || substr(event_id::text, 10, 4))::bit(64)::bigint
      and events.id = event_id;
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
    when stream.expires_at <= now() then
      row('stream_expired', format('This stream expired at %s.', stream.expires_at), null, null)::private.refusal
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
  select private.streams_allowed(package_type, package_expires_at), streams_active
  into refusal.limit_count, refusal.active_count
  from public.users where id = owner_id;
  if refusal.active_count >= refusal.limit_count then
    refusal.code := 'stream_limit_reached';
    refusal.message := format('%s of %s streams that your package allows are running.', refusal.active_count,
      refusal.limit_count);
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

CREATE OR REPLACE FUNCTION private.find_overseen_session(session_id uuid)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  session public.stream_sessions;
begin
  select * into session from public.stream_sessions where id = session_id and private.may_oversee(user_id);
  if not found then
    perform private.fail('session_not_found', format('There is no session %s that you may see.', session_id));
  end if;
  return session;
end
$function$;
comment on function private.find_overseen_session(uuid) is 'The session, if the caller owns it, is an admin or trusted. Raises session_not_found.';

CREATE OR REPLACE FUNCTION private.find_play_refusal(stream_id uuid, token text)
 RETURNS private.refusal
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  stream public.streams;
begin
  select * into stream from public.streams where id = stream_id;
  return case
    when stream.id is null or (stream.visibility <> 'public' and token is null) then
      row('stream_not_found', 'There is no such stream.', null, null)::private.refusal
    when stream.status = 'disabled' then row('stream_disabled', 'This stream is disabled.', null, null)::private.refusal
    when stream.visibility <> 'public' and not private.is_playback_token(stream.id, token) then
      row('playback_token_invalid', 'The playback address has expired or was changed.', null, null)::private.refusal
  end;
end
$function$;
comment on function private.find_play_refusal(uuid,text) is 'stream_not_found, stream_disabled, playback_token_invalid, or nothing.';

CREATE OR REPLACE FUNCTION private.find_publisher_session(media_server text, publisher_id text)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  held public.stream_sessions;
begin
  select * into held from public.stream_sessions as session
  where session.media_server = find_publisher_session.media_server
    and session.publisher_id = find_publisher_session.publisher_id and is_active and kind = 'ingest';
  return held;
end
$function$;
comment on function private.find_publisher_session(text,text) is 'The active session that a media server''s publisher holds.';

CREATE OR REPLACE FUNCTION private.find_stream_key(stream_id uuid, secret text)
 RETURNS private.stream_keys
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  found_key private.stream_keys;
begin
  select * into found_key from private.stream_keys as known
  where known.secret_hash = private.hash_stream_key(secret)
    and known.stream_id = find_stream_key.stream_id
    and known.revoked_at is null
    and coalesce(known.expires_at, 'infinity') > now();
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

CREATE OR REPLACE FUNCTION private.find_video_version(video_source text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    select concat_ws(' ', id, version, metadata ->> 'eTag') from storage.objects
    where bucket_id = 'videos' and name = substr(video_source, length('videos/') + 1));
end
$function$;
comment on function private.find_video_version(text) is 'What tells a file in storage (videos/<user id>/<file>) from one that took its place; null where there is none.';

CREATE OR REPLACE FUNCTION private.finish_job_run(job_name text, run_id bigint, ok boolean, result jsonb DEFAULT NULL::jsonb, error text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  state private.job_states;
begin
  perform private.check_json('result', result, 262144);
  select * into state from private.job_states
  where job_states.job_name = finish_job_run.job_name and job_states.run_id = finish_job_run.run_id
    and leased_until is not null
  for no key update;
  if not found then
    return false;
  end if;
  perform private.end_job_run(state, coalesce(ok, false), result, error);
  return true;
end
$function$;
comment on function private.finish_job_run(text,bigint,boolean,jsonb,text) is 'Records how a run ended, and lets the job run again. A result of null, 0, {} or [] means that there was nothing to do: that is not recorded. True if it was news: false for a run that has ended already, by itself or as timed out. Raises result_invalid past 256 kB. Callable by service_role.';
grant execute on function private.finish_job_run(text,bigint,boolean,jsonb,text) to service_role;

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

CREATE OR REPLACE FUNCTION private.fold_events(base private.event_snapshots, aggregate_type text, aggregate_id uuid, as_of timestamp with time zone, at_version bigint)
 RETURNS private.folded_state
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  folded private.folded_state := (base.state, private.open_sealed(base.personal, base.user_id), base.user_id);
  step record;
begin
  for step in
    select e.event_data, e.personal, e.user_id from private.event_log as e
    where e.aggregate_type = fold_events.aggregate_type and e.aggregate_id = fold_events.aggregate_id
      and e.version > coalesce(base.version, 0)
      and e.version <= coalesce(at_version, 9223372036854775807) and e.created_at <= coalesce(as_of, 'infinity')
      and not private.is_unreadable(e.event_data)
    order by e.version
  loop
    -- `new` is merged in; without it the state stays; after `"new": null` there is none.
    if jsonb_typeof(step.event_data -> 'new') = 'object' then
      folded.state := coalesce(folded.state, '{}') || (step.event_data -> 'new');
      if step.personal is not null or folded.personal is not null then
        folded.personal := coalesce(folded.personal, '{}') - array(select jsonb_object_keys(step.event_data -> 'new'))
          || coalesce(private.open_sealed(step.personal, step.user_id) -> 'new', '{}');
        folded.user_id := coalesce(step.user_id, folded.user_id);
      end if;
    elsif step.event_data ? 'new' then
      folded := null;
    end if;
  end loop;
  return folded;
end
$function$;
comment on function private.fold_events(private.event_snapshots,text,uuid,timestamp with time zone,bigint) is 'A snapshot''s state plus the events after it, up to a moment and a version. Data too deep to be read is passed over.';

CREATE OR REPLACE FUNCTION private.follow_up(aggregate_type text, aggregate_id uuid, newest_position bigint)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  head private.event_heads;
begin
  select * into head from private.event_heads
  where event_heads.aggregate_type = follow_up.aggregate_type and event_heads.aggregate_id = follow_up.aggregate_id;
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
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return array[
    '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24',
    '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24',
    '224.0.0.0/4', '240.0.0.0/4',
    '::/96', '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23',
    '2001:db8::/32', '2002::/16', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'
  ]::cidr[];
end
$function$;
comment on function private.forbidden_networks() is 'Networks that are not the public internet: loopback, private, link-local, shared, reserved, multicast, and those of IPv6 that carry IPv4 addresses. Source: the special-purpose address registries of IANA (RFC 6890).';

CREATE OR REPLACE FUNCTION private.forget_addresses(target_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  delete from private.stream_request_secrets
  where request_id = target_id
    and exists (
      select from public.stream_requests
      where id = target_id and (status = 'rejected' or (status <> 'pending' and approved_at is null)))
    and not exists (select from private.restream_jobs as job where job.request_id = target_id);
end
$function$;
comment on function private.forget_addresses(uuid) is 'Deletes the addresses of a request that is rejected or cancelled, with their keys, unless a session of it still needs them, if only to keep them out of its last report.';

CREATE OR REPLACE FUNCTION private.forget_job_addresses()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.forget_addresses(old.request_id);
  return null;
end
$function$;
comment on function private.forget_job_addresses() is 'Trigger: the last session of a rejected or cancelled request has ended.';

CREATE OR REPLACE FUNCTION private.forget_request_addresses()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.forget_addresses(new.id);
  return null;
end
$function$;
comment on function private.forget_request_addresses() is 'Trigger: a rejected or cancelled request needs no key.';

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

CREATE OR REPLACE FUNCTION private.get_admissions(stream_id uuid, since timestamp with time zone DEFAULT (now() - '1 day'::interval), until timestamp with time zone DEFAULT 'infinity'::timestamp with time zone, max_count integer DEFAULT 100)
 RETURNS TABLE(created_at timestamp with time zone, admitted boolean, rule text, message text, session_id uuid, media_server text, client_ip inet, key_prefix text, limit_count integer, active_count integer, attempts integer)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_readable_stream(stream_id);
  return query
    select log.created_at, log.admitted, log.rule, log.message, log.session_id, log.media_server,
      log.client_ip, log.key_prefix, log.limit_count, log.active_count, log.attempts
    from private.admission_log as log
    where log.stream_id = get_admissions.stream_id and log.created_at >= since and log.created_at < until
    order by log.created_at desc, log.id desc
    limit greatest(least(max_count, 1000), 0);
end
$function$;
comment on function private.get_admissions(uuid,timestamp with time zone,timestamp with time zone,integer) is 'Why publishers of a stream were admitted or refused, newest first, at most 1000 of since <= created_at < until. Wrong keys from one address within a minute are one row with their number in attempts. For the stream''s owner and admins. Raises sign_in_required, stream_not_found.';
grant execute on function private.get_admissions(uuid,timestamp with time zone,timestamp with time zone,integer) to authenticated;
grant execute on function private.get_admissions(uuid,timestamp with time zone,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION private.get_audit_trail(user_id uuid, since timestamp with time zone DEFAULT NULL::timestamp with time zone, until timestamp with time zone DEFAULT NULL::timestamp with time zone, max_count integer DEFAULT 100, before_position bigint DEFAULT NULL::bigint)
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if user_id is distinct from (select auth.uid()) and not private.is_admin() and not private.is_trusted_caller() then
    perform private.fail('audit_trail_forbidden', 'You may read your own history only.');
  end if;
  perform private.check_page(max_count);
  return query
    select e.* from private.events as e
    where e.user_id = get_audit_trail.user_id
      and e.position < coalesce(before_position, 9223372036854775807)
      and e.created_at >= coalesce(since, '-infinity') and e.created_at < coalesce(until, 'infinity')
    order by e.position desc
    limit max_count;
end
$function$;
comment on function private.get_audit_trail(uuid,timestamp with time zone,timestamp with time zone,integer,bigint) is 'What happened to a user and to what is theirs, newest first, of since <= created_at < until, at most max_count (1 to 1000). The next page: before_position = the last position read. For signed-in users their own, for admins anyone''s. Raises audit_trail_forbidden, max_count_invalid, sign_in_required.';
grant execute on function private.get_audit_trail(uuid,timestamp with time zone,timestamp with time zone,integer,bigint) to authenticated;
grant execute on function private.get_audit_trail(uuid,timestamp with time zone,timestamp with time zone,integer,bigint) to service_role;

CREATE OR REPLACE FUNCTION private.get_counted_sessions()
 RETURNS public.counted_session[]
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return array(
    select row(session.stream_id, session.id, session.started_at, not session.is_active, session.peak_viewers,
      session.viewer_seconds)::public.counted_session
    from (
      select * from public.stream_sessions where is_active and kind = 'ingest'
      union all
      select * from private.find_uncounted_sessions()) as session);
end
$function$;
comment on function private.get_counted_sessions() is 'The sessions of which record_viewers wants a sample: all that are live, and those that ended within the last minute until their end is recorded. One array, because the API cuts rows off after max_rows. Callable by service_role.';
grant execute on function private.get_counted_sessions() to service_role;

CREATE OR REPLACE FUNCTION private.get_events(aggregate_type text, aggregate_id uuid, from_version bigint DEFAULT 1, max_count integer DEFAULT 100)
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.check_page(max_count);
  return query
    select e.* from private.events as e
    where e.aggregate_type = get_events.aggregate_type and e.aggregate_id = get_events.aggregate_id
      and e.version >= from_version
    order by e.version
    limit max_count;
end
$function$;
comment on function private.get_events(text,uuid,bigint,integer) is 'An aggregate''s events in the order of their versions, from from_version on, at most max_count (1 to 1000). Raises max_count_invalid. Callable by service_role.';
grant execute on function private.get_events(text,uuid,bigint,integer) to service_role;

CREATE OR REPLACE FUNCTION private.get_job_runs(name text, max_count integer DEFAULT 100)
 RETURNS TABLE(id bigint, job_name text, started_at timestamp with time zone, finished_at timestamp with time zone, ok boolean, result jsonb, error text)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_admin();
  return query
    (select run_id, state.job_name, began_at, state.finished_at, null::boolean, null::jsonb, null::text
     from private.job_states as state where state.job_name = get_job_runs.name and leased_until > clock_timestamp())
    union all
    (select run_id, run.job_name, created_at, run.finished_at, run.ok, run.result, run.error
     from private.job_runs as run where run.job_name = get_job_runs.name
     order by created_at desc limit greatest(least(max_count, 1000), 0));
end
$function$;
comment on function private.get_job_runs(text,integer) is 'The last runs of a scheduled job that did something or failed, newest first, at most 1000; before them the one that goes on now, if any (ok is null). For admins. Raises admin_required, sign_in_required.';
grant execute on function private.get_job_runs(text,integer) to authenticated;
grant execute on function private.get_job_runs(text,integer) to service_role;

CREATE OR REPLACE FUNCTION private.get_playback(stream_id uuid)
 RETURNS public.playback
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  stream public.streams := private.get_stream(stream_id);
  expiry bigint;
  token text;
begin
  if not stream.is_live then
    perform private.fail('stream_not_live', 'This stream is not live.');
  end if;
  if stream.visibility <> 'public' then
    expiry := extract(epoch from now())::bigint + private.setting_integer('playback_token_seconds');
    token := private.sign_playback(stream.id, expiry);
  end if;
  return row(private.playback_url('playback_flv_url', stream.id, token),
    private.playback_url('playback_hls_url', stream.id, token), to_timestamp(expiry))::public.playback;
end
$function$;
comment on function private.get_playback(uuid) is 'Where to play a live stream. Addresses of unlisted and private streams carry a token that can be opened until expires_at; those of public streams do not end. For whoever get_stream lets see it. Raises stream_not_found, stream_not_live.';
grant execute on function private.get_playback(uuid) to anon;
grant execute on function private.get_playback(uuid) to authenticated;
grant execute on function private.get_playback(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.get_settings()
 RETURNS TABLE(key text, value jsonb, comment text)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_admin();
  return query select settings.key, settings.value, settings.comment from private.settings order by settings.key;
end
$function$;
comment on function private.get_settings() is 'All settings with their values and meaning. For admins. Raises admin_required, sign_in_required.';
grant execute on function private.get_settings() to authenticated;
grant execute on function private.get_settings() to service_role;

CREATE OR REPLACE FUNCTION private.get_snapshot(aggregate_type text, aggregate_id uuid, at_version bigint DEFAULT NULL::bigint)
 RETURNS SETOF public.event_snapshot
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return query
    select nearest.version, nearest.state || coalesce(private.open_sealed(nearest.personal, nearest.user_id), '{}'),
      nearest.created_at
    from private.nearest_snapshot(aggregate_type, aggregate_id, null, at_version) as nearest
    where nearest.version is not null;
end
$function$;
comment on function private.get_snapshot(text,uuid,bigint) is 'The newest snapshot of an aggregate, or the newest at or before a version; no row where there is none. Callable by service_role.';
grant execute on function private.get_snapshot(text,uuid,bigint) to service_role;

CREATE OR REPLACE FUNCTION private.get_stream(stream_id uuid)
 RETURNS public.streams
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  seen public.streams;
begin
  select * into seen from public.streams where id = stream_id;
  if not found or not private.may_see_stream(seen) then
    perform private.fail_stream_not_found(stream_id);
  end if;
  return seen;
end
$function$;
comment on function private.get_stream(uuid) is 'A stream by its id: public and unlisted ones for everybody, private ones for their owner and admins. Raises stream_not_found.';
grant execute on function private.get_stream(uuid) to anon;
grant execute on function private.get_stream(uuid) to authenticated;
grant execute on function private.get_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.get_stream_health(session_id uuid, since timestamp with time zone DEFAULT (now() - '01:00:00'::interval), max_count integer DEFAULT 360)
 RETURNS TABLE(created_at timestamp with time zone, bitrate_kbps numeric, fps numeric, speed numeric, dropped_frames integer, out_seconds numeric)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.find_overseen_session(session_id);
  return query
    select health.created_at, health.bitrate_kbps, health.fps, health.speed, health.dropped_frames, health.out_seconds
    from private.stream_health as health
    where health.session_id = get_stream_health.session_id and health.created_at >= since
    order by health.created_at desc
    limit greatest(least(max_count, 10000), 0);
end
$function$;
comment on function private.get_stream_health(uuid,timestamp with time zone,integer) is 'How a restream session goes, newest first, a row every 10 s, at most 10000: bitrate in kbit/s, frames per second, speed (1 is real time), dropped frames and seconds pushed so far. For the owner and admins. Raises session_not_found, sign_in_required.';
grant execute on function private.get_stream_health(uuid,timestamp with time zone,integer) to authenticated;
grant execute on function private.get_stream_health(uuid,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION private.get_stream_keys(stream_id uuid)
 RETURNS TABLE(id uuid, prefix text, created_at timestamp with time zone, expires_at timestamp with time zone, revoked_at timestamp with time zone, last_used_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_readable_stream(stream_id, admins_too => false);
  return query
    select known.id, known.prefix, known.created_at, known.expires_at, known.revoked_at, known.last_used_at
    from private.stream_keys as known where known.stream_id = get_stream_keys.stream_id
    order by known.created_at desc limit 100;
end
$function$;
comment on function private.get_stream_keys(uuid) is 'A stream''s newest 100 keys by their first 8 characters, never the secret. For the owner. Raises sign_in_required, stream_not_found.';
grant execute on function private.get_stream_keys(uuid) to authenticated;
grant execute on function private.get_stream_keys(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.get_viewer_count(stream_id uuid)
 RETURNS integer
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return (select viewer_count from public.streams where id = get_viewer_count.stream_id);
end
$function$;
comment on function private.get_viewer_count(uuid) is 'The last count that was stored, of any stream, or null; what viewers are told while Redis is away. Callable by service_role.';
grant execute on function private.get_viewer_count(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.get_viewer_history(stream_id uuid, since timestamp with time zone DEFAULT (now() - '1 day'::interval), until timestamp with time zone DEFAULT now(), bucket_seconds integer DEFAULT 60)
 RETURNS TABLE(bucket timestamp with time zone, average_viewers numeric, peak_viewers integer, last_viewers integer)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_readable_stream(stream_id);
  perform private.check_range('bucket_seconds', bucket_seconds, 10, 86400);
  if since is null or until is null or until - since > make_interval(secs => 10000.0 * bucket_seconds) then
    perform private.fail('range_invalid', 'since and until must lie at most 10000 buckets apart.');
  end if;
  return query
    select date_bin(make_interval(secs => bucket_seconds), sample.created_at, '2000-01-01Z'),
      round(avg(sample.viewer_count), 2), max(sample.peak_viewers),
      (array_agg(sample.viewer_count order by sample.created_at desc))[1]
    from private.viewer_samples as sample
    where sample.stream_id = get_viewer_history.stream_id and sample.created_at >= since and sample.created_at < until
    group by 1
    order by 1;
end
$function$;
comment on function private.get_viewer_history(uuid,timestamp with time zone,timestamp with time zone,integer) is 'Viewers over time, for charts: for each bucket of since <= time < until that has samples its begin and the average, highest and last number of viewers at once. bucket_seconds: 10 to 86400, and at most 10000 buckets. For the stream''s owner and admins. Raises bucket_seconds_invalid, range_invalid, sign_in_required, stream_not_found.';
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
    perform private.fail('user_not_found', format('No user has the e-mail address %s.', account_email));
  end if;
  return granted_id;
end
$function$;
comment on function private.grant_admin(text) is 'Makes the user with this e-mail address an admin and returns their id; the way to the first admin. Raises user_not_found. Only the owner of the database may call it.';

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

CREATE OR REPLACE FUNCTION private.handle_deleted_user()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.erase_user(old.id);
  return old;
end
$function$;
comment on function private.handle_deleted_user() is 'Trigger on auth.users: whoever deletes an account, every domain erases what the deletion of its rows would leave behind.';

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
      event.event_type, event.event_data, event.metadata, event.user_id, encode(event.personal, 'hex')), 'utf8')
    || timestamptz_send(event.created_at));
end
$function$;
comment on function private.hash_event(bytea,private.event_log) is 'What write_event writes as an event''s hash: SHA-256 over the previous event''s hash (empty for the first) and this event: aggregate type, aggregate id, version, id (where the caller gave one), event type, data, metadata, user (if any) and the encrypted personal values (if any, in hex) as text, separated by U+001E, then created_at as eight bytes, microseconds since 2000.';

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

CREATE OR REPLACE FUNCTION private.hold_session(session_id uuid, worker_id text)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  held public.stream_sessions;
begin
  update public.stream_sessions set last_seen_at = now()
  where id = session_id and stream_sessions.worker_id = hold_session.worker_id and is_active and kind = 'restream'
  returning * into held;
  if not found then
    perform private.fail_lease_lost(session_id, worker_id);
  end if;
  update private.restream_jobs set lease_expires_at = now() + make_interval(secs => lease_seconds)
  where restream_jobs.session_id = hold_session.session_id and lease_expires_at > now();
  if not found then
    perform private.fail_lease_lost(session_id, worker_id);
  end if;
  return held;
end
$function$;
comment on function private.hold_session(uuid,text) is 'The session, if the worker''s lease on it still runs; it runs anew. Raises lease_lost.';

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
    perform private.fail('base_url_invalid', 'base_url must be an address.');
  end if;
  perform private.require_schedule_extensions(secret_name);
  update private.settings set value = to_jsonb(rtrim(base_url, '/')) where key = 'functions_url';
  update private.settings set value = to_jsonb(secret_name) where key = 'functions_secret_name';
  execute format('select count(%1$I.unschedule(jobid)) from %1$I.job where starts_with(jobname, ''streambed:'') '
    'and substr(jobname, 11) not in (select name from private.scheduled_jobs where enabled)', 'cron');
  for job in select * from private.scheduled_jobs where enabled order by name loop
    execute format('select %I.schedule($1, $2, $3)', 'cron')
    using 'streambed:' || job.name, private.pg_cron_schedule(job.schedule), private.pg_cron_command(job);
    installed := installed + 1;
  end loop;
  return installed;
end
$function$;
comment on function private.install_schedules(text,text) is 'On Supabase: has pg_cron run every enabled job and no other; edge functions are called through pg_net, with the secret key that Vault holds under secret_name. base_url: https://<project>.supabase.co/functions/v1. Run it again after each change of private.scheduled_jobs; it can be repeated. Returns how many jobs are installed. For the owner of the database. Raises base_url_invalid, extensions_missing, schedule_invalid, secret_not_found.';

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
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.setting(setting_key) ?| array[address.host, address.host || ':' || address.port];
end
$function$;
comment on function private.is_allowed_host(text,private.address) is 'Does the setting (allowed_source_hosts or allowed_target_hosts) name this host?';

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

CREATE OR REPLACE FUNCTION private.is_playback_token(stream_id uuid, token text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  expiry bigint;
begin
  if coalesce(token, '') !~ '^\d{10}\.[0-9a-f]{64}$' then
    return false;
  end if;
  expiry := split_part(token, '.', 1)::bigint;
  -- Digests are compared, so that the time it takes tells nothing of the signature.
  return expiry > extract(epoch from now())
    and sha256(convert_to(token, 'utf8')) = sha256(convert_to(private.sign_playback(stream_id, expiry), 'utf8'));
end
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

CREATE OR REPLACE FUNCTION private.is_unreadable(value jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return jsonb_path_exists(value, 'strict $.**{129}');
end
$function$;
comment on function private.is_unreadable(jsonb) is 'Is this JSON of an event so deep that whoever reads it may break? What comes in has 64 levels at most, a row''s event some more; a log may hold deeper ones from before that was checked.';

CREATE OR REPLACE FUNCTION private.is_username_reserved(username text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return private.setting('reserved_usernames') ? replace(lower(username), '_', '');
end
$function$;
comment on function private.is_username_reserved(text) is 'Whether the setting reserved_usernames has this username, whatever underscores are in it. Callable by who may change a profile, because the trigger runs as the client.';
grant execute on function private.is_username_reserved(text) to authenticated;
grant execute on function private.is_username_reserved(text) to service_role;

CREATE OR REPLACE FUNCTION private.is_username_taken(username text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  -- Of two transactions that choose one name, the later waits here for the first.
  perform pg_advisory_xact_lock(hashtextextended('username ' || is_username_taken.username, 0));
  return exists (select from public.profiles where profiles.username = is_username_taken.username);
end
$function$;
comment on function private.is_username_taken(text) is 'Whether somebody has this username. Until this transaction ends nobody else can take it. Callable by who may change a profile, because the trigger runs as the client.';
grant execute on function private.is_username_taken(text) to authenticated;
grant execute on function private.is_username_taken(text) to service_role;

CREATE OR REPLACE FUNCTION private.is_video_changed(target_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return exists (
    select from public.stream_requests as request
    join private.stream_request_secrets as secrets on secrets.request_id = request.id
    where request.id = target_id and request.video_url is null
      and coalesce(secrets.approved_version, '') <> private.find_video_version(secrets.video_source));
end
$function$;
comment on function private.is_video_changed(uuid) is 'Has another file taken the place of a request''s in storage since it was approved? Not while there is none.';

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

CREATE OR REPLACE FUNCTION private.lock_managed_request(request_id uuid)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  managed public.stream_requests;
begin
  select * into managed from public.stream_requests
  where id = request_id and private.may_oversee(user_id);
  if found then
    perform from public.users where id = managed.user_id for no key update;
    select * into managed from public.stream_requests where id = request_id for no key update;
  end if;
  if managed.id is null then
    perform private.fail('request_not_found', format('There is no request %s that you may change.', request_id));
  end if;
  return managed;
end
$function$;
comment on function private.lock_managed_request(uuid) is 'The request, if the caller owns it, is an admin or trusted, with its owner''s row and its own locked, in this order. Raises request_not_found.';

CREATE OR REPLACE FUNCTION private.lock_managed_stream(stream_id uuid, admins_too boolean DEFAULT false)
 RETURNS public.streams
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  owner_id uuid;
  managed public.streams;
begin
  perform private.require_readable_stream(stream_id, admins_too);
  select user_id into owner_id from public.streams where id = stream_id;
  perform from public.users where id = owner_id for no key update;
  select * into managed from public.streams where id = stream_id for no key update;
  if not found then
    perform private.fail_stream_not_found(stream_id);
  end if;
  return managed;
end
$function$;
comment on function private.lock_managed_stream(uuid,boolean) is 'The stream, if the caller owns it (or is an admin, where admins_too; or trusted), with its owner''s row and its own locked, in this order as everywhere. Raises stream_not_found.';

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
      and (session.is_active or (session.stopped_at > now() - interval '1 minute'
        and sample.at_ms >= floor(extract(epoch from session.stopped_at) * 1000)))
      and least(sample.viewers, sample.peak, sample.uniques, sample.viewer_seconds) >= 0
      and sample.at_ms between extract(epoch from session.started_at) * 1000
        and extract(epoch from now() + interval '1 minute') * 1000
    for no key update of session, stream skip locked;
end
$function$;
comment on function private.lock_sampled_sessions(private.viewer_sample[]) is 'Those samples that are of an active session, or of the end of one that ended within the last minute; their rows are locked. None from before the session or from the future.';

CREATE OR REPLACE FUNCTION private.log_admission(attempt private.ingest_attempt, rule text, session_id uuid, refusal private.refusal DEFAULT NULL::private.refusal)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into private.admission_log (admitted, rule, message, stream_id, user_id, session_id,
    media_server, publisher_id, client_ip, key_prefix, limit_count, active_count)
  values (log_admission.session_id is not null, log_admission.rule, refusal.message, attempt.stream_id, attempt.user_id,
    log_admission.session_id, attempt.media_server, attempt.publisher_id, attempt.client_ip, attempt.key_prefix,
    refusal.limit_count, refusal.active_count);
end
$function$;
comment on function private.log_admission(private.ingest_attempt,text,uuid,private.refusal) is 'Records an answer of begin_ingest.';

CREATE OR REPLACE FUNCTION private.log_wrong_key(attempt private.ingest_attempt, refusal private.refusal)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  first_moment constant timestamptz := date_trunc('minute', now());
  row_count integer;
  is_known boolean;
begin
  -- Counts of strangers' attempts: to lose some in a crash costs less than a disk write for each.
  perform set_config('synchronous_commit', 'off', true);
  perform pg_advisory_xact_lock(hashtextextended('wrong keys ' || attempt.stream_id, 0));
  select count(*), coalesce(bool_or(log.client_ip is not distinct from attempt.client_ip), false)
  into row_count, is_known
  from private.admission_log as log
  where log.stream_id = attempt.stream_id and log.rule = refusal.code
    and log.created_at >= first_moment and log.created_at < first_moment + interval '1 minute';
  if row_count >= 19 and not is_known then
    attempt.client_ip := null;
  end if;
  update private.admission_log as log set attempts = log.attempts + 1
  where log.stream_id = attempt.stream_id and log.rule = refusal.code
    and log.created_at >= first_moment and log.created_at < first_moment + interval '1 minute'
    and log.client_ip is not distinct from attempt.client_ip;
  if not found then
    perform private.log_admission(attempt, refusal.code, null, refusal);
  end if;
end
$function$;
comment on function private.log_wrong_key(private.ingest_attempt,private.refusal) is 'Counts a wrong key for a stream: one row an address and minute, at most 20 a minute whatever the addresses, so that strangers do not crowd out what its owner wants to read.';

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
          to_char((now() - log.keep_for) at time zone 'utc',
            case log.period when 'day' then 'YYYYMMDD' else 'YYYYMM' end)
        and child.relname ~ '_\d+$'
    loop
      execute format('drop table %s', expired.partition_table);
      dropped := dropped + 1;
    end loop;
  end loop;
  return dropped;
end
$function$;
comment on function private.maintain_partitions() is 'Makes the partitions that the log tables need next and drops those past their keeping; run by the job maintain-partitions. Returns how many were dropped. Callable by service_role.';
grant execute on function private.maintain_partitions() to service_role;

CREATE OR REPLACE FUNCTION private.make_username()
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return 'user_' || encode(extensions.gen_random_bytes(5), 'hex');
end
$function$;
comment on function private.make_username() is 'A neutral username for who has chosen none. Nothing of the e-mail address is in it: a username is public.';

CREATE OR REPLACE FUNCTION private.mask_report(session_id uuid, report text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  addresses private.stream_request_secrets;
  target private.address;
  secret text;
begin
  select secrets.* into addresses from private.stream_request_secrets as secrets
  join private.restream_jobs as job on job.request_id = secrets.request_id
  where job.session_id = mask_report.session_id;
  target := private.parse_address(addresses.rtmp_url, array['rtmp', 'rtmps']);
  foreach secret in array array[
    target.path || target.query,
    case when private.show_application(target) = '' then substring(target.path from '^/([^/]{4,})') end,
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
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return private.show_host(address) || private.show_application(address) || '/****';
end
$function$;
comment on function private.mask_rtmp_url(private.address) is 'What of a target may be shown: rtmp://host/app/****. Everything but an application of a usual name counts as the key.';

CREATE OR REPLACE FUNCTION private.mask_source_url(address private.address)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return private.show_host(address) || address.path || case when address.query = '' then '' else '?****' end;
end
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

CREATE OR REPLACE FUNCTION private.may_join_stream_topic(topic text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if topic !~ '^stream:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(:[1-9][0-9]*)?$' then
    return false;
  end if;
  return exists (
    select from public.streams as stream
    where stream.id = split_part(may_join_stream_topic.topic, ':', 2)::uuid
      and stream.topic = may_join_stream_topic.topic and private.may_see_stream(stream));
end
$function$;
comment on function private.may_join_stream_topic(text) is 'Is this the topic of a stream that the caller may see? Callable by who may join topics, because the policy on realtime.messages runs as the client.';
grant execute on function private.may_join_stream_topic(text) to anon;
grant execute on function private.may_join_stream_topic(text) to authenticated;

CREATE OR REPLACE FUNCTION private.may_oversee(owner_id uuid, admins_too boolean DEFAULT true)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return coalesce(owner_id = (select auth.uid()), false) or private.is_trusted_caller()
    or (admins_too and private.is_admin());
end
$function$;
comment on function private.may_oversee(uuid,boolean) is 'Is the caller this owner, trusted, or (unless admins_too is false) an admin?';

CREATE OR REPLACE FUNCTION private.may_see_stream(stream public.streams)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return stream.visibility in ('public', 'unlisted') or private.may_oversee(stream.user_id);
end
$function$;
comment on function private.may_see_stream(public.streams) is 'May the caller, who has its id, see this stream? Everybody may see public and unlisted ones; private ones their owner, admins and trusted callers.';

CREATE OR REPLACE FUNCTION private.member_of(aggregate_id uuid, size integer)
 RETURNS integer
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return (hashtextextended(aggregate_id::text, 0) & 9223372036854775807) % size;
end
$function$;
comment on function private.member_of(uuid,integer) is 'Which of a consumer''s members an aggregate belongs to.';

CREATE OR REPLACE FUNCTION private.merge_data(event_data jsonb, addition jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  merged jsonb := event_data || addition;
  part text;
begin
  foreach part in array array['old', 'new'] loop
    if addition ? part then
      merged := jsonb_set(merged, array[part], (event_data -> part) || (addition -> part));
    end if;
  end loop;
  return merged;
end
$function$;
comment on function private.merge_data(jsonb,jsonb) is 'Event data with other values in it, also within old and new.';

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
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return query
    select identity.provider, identity.provider_id, identity.created_at, identity.last_sign_in_at
    from auth.identities as identity
    where identity.user_id = (select auth.uid())
    order by identity.created_at;
end
$function$;
comment on function private.my_linked_accounts() is 'The sign-in providers linked to the caller''s account, without any token. For signed-in users. Raises sign_in_required.';
grant execute on function private.my_linked_accounts() to authenticated;
grant execute on function private.my_linked_accounts() to service_role;

CREATE OR REPLACE FUNCTION private.nearest_snapshot(aggregate_type text, aggregate_id uuid, as_of timestamp with time zone, at_version bigint)
 RETURNS private.event_snapshots
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  nearest private.event_snapshots;
begin
  select * into nearest from private.event_snapshots as known
  where known.aggregate_type = nearest_snapshot.aggregate_type and known.aggregate_id = nearest_snapshot.aggregate_id
    and known.version <= coalesce(at_version, 9223372036854775807) and known.created_at <= coalesce(as_of, 'infinity')
  order by known.version desc
  limit 1;
  return nearest;
end
$function$;
comment on function private.nearest_snapshot(text,uuid,timestamp with time zone,bigint) is 'The newest snapshot at or before a moment and a version.';

CREATE OR REPLACE FUNCTION private.note_running(session_id uuid, container_id text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.stream_sessions
  set status = case status when 'starting' then 'running' else status end, started_at = coalesce(started_at, now()),
      container_id = coalesce(note_running.container_id, stream_sessions.container_id)
  where id = session_id;
  update private.restream_jobs set starting_since = null
  where restream_jobs.session_id = note_running.session_id;
end
$function$;
comment on function private.note_running(uuid,text) is 'A session''s worker pushes. What is to stop stays so.';

CREATE OR REPLACE FUNCTION private.notify_workers(session_id uuid, worker_id text, status text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform pg_notify('restream_sessions', jsonb_build_object(
    'session_id', session_id, 'worker_id', worker_id, 'status', status)::text);
end
$function$;
comment on function private.notify_workers(uuid,text,text) is 'Tells the workers that listen on the channel restream_sessions that there is a session to claim (starting), or one of theirs to renew at once.';

CREATE OR REPLACE FUNCTION private.open_sealed(personal bytea, owner_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  known_key bytea := (select key from private.personal_keys where user_id = owner_id);
begin
  return convert_from(
    extensions.decrypt_iv(substring(personal, 17), known_key, substring(personal, 1, 16), 'aes-cbc'), 'utf8')::jsonb;
end
$function$;
comment on function private.open_sealed(bytea,uuid) is 'What was encrypted; null once the owner''s key was thrown away.';

CREATE OR REPLACE FUNCTION private.parse_address(address text, schemes text[])
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
  if length(address) > 2048 or address !~ '^[!-~]+$' or address ~ '[\\@]' then
    return null;
  end if;
  parts := regexp_match(address,
    '^([a-z]+)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?(/[^?#]*)?(\?[^#]*)?$', 'i');
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

CREATE OR REPLACE FUNCTION private.pg_cron_command(job private.scheduled_jobs)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return case when job.edge_function is null
    then format('set local statement_timeout = %L; '
      'select private.run_job(name) from private.scheduled_jobs where name = %L and enabled',
      job.timeout_seconds || 's', job.name)
    else format('select private.call_edge_job(%L)', job.name) end;
end
$function$;
comment on function private.pg_cron_command(private.scheduled_jobs) is 'What pg_cron runs for a job.';

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
  perform private.fail('schedule_invalid', format('pg_cron cannot run "%s".', schedule));
  return null;
end
$function$;
comment on function private.pg_cron_schedule(text) is 'A schedule as pg_cron writes it: five fields, or "N seconds". Raises schedule_invalid for seconds that it does not know.';

CREATE OR REPLACE FUNCTION private.pick_keys(object jsonb, names text[])
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return (select jsonb_object_agg(key, value) from jsonb_each(object) where key = any (names) and value <> 'null');
end
$function$;
comment on function private.pick_keys(jsonb,text[]) is 'Those members of an object that have one of the names and a value.';

CREATE OR REPLACE FUNCTION private.pin_video(target_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update private.stream_request_secrets as secrets
  set approved_version = private.find_video_version(secrets.video_source)
  from public.stream_requests as request
  where secrets.request_id = target_id and request.id = target_id and request.video_url is null;
end
$function$;
comment on function private.pin_video(uuid) is 'Notes which file a request that is approved now is for, where its video is in storage.';

CREATE OR REPLACE FUNCTION private.playback_url(setting_key text, stream_id uuid, token text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return nullif(replace(private.setting_text(setting_key), '{stream_id}', stream_id::text), '')
    || coalesce('?token=' || token, '');
end
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
    perform private.fail('username_invalid', 'username must be 3 to 30 characters of a-z, 0-9 and _.');
  elsif new.username is distinct from old.username and private.is_username_reserved(new.username) then
    perform private.fail('username_reserved', format('The username %s is reserved.', new.username));
  elsif new.username is distinct from old.username and private.is_username_taken(new.username) then
    perform private.fail('username_taken', format('The username %s is taken.', new.username));
  end if;
  perform private.check_text('display_name', new.display_name, 0, 80);
  perform private.check_text('bio', new.bio, 0, 1000, multiline => true);
  perform private.check_text('avatar_url', new.avatar_url, 0, 2000);
  if new.avatar_url !~ '^https?://' then
    perform private.fail('avatar_url_invalid', 'avatar_url must be an http or https address.');
  end if;
  new.updated_at := now();
  return new;
end
$function$;
comment on function private.prepare_profile() is 'Trigger: lower-cases the username and bounds each field (avatar_url_invalid, bio_invalid, display_name_invalid, username_invalid, username_reserved, username_taken).';

CREATE OR REPLACE FUNCTION private.prepare_stream()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.check_presentation(new.title, new.description);
  perform private.check_one_of('visibility', new.visibility, array['public', 'unlisted', 'private']);
  if new.category is not null then
    perform private.check_one_of('category', new.category,
      array(select jsonb_array_elements_text(private.setting('stream_categories'))));
  end if;
  perform private.check_stream_settings(new.settings);
  return new;
end
$function$;
comment on function private.prepare_stream() is 'Trigger: bounds what an owner may write (category_invalid, description_invalid, settings_invalid, title_invalid, visibility_invalid).';

CREATE OR REPLACE FUNCTION private.profiles_append_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  subject public.profiles := coalesce(new, old);
  event_type text := case tg_op
    when 'INSERT' then 'ProfileCreated'
    when 'DELETE' then 'ProfileDeleted'
    else 'ProfileUpdated'
  end;
  before jsonb := jsonb '{}';
  after jsonb := jsonb '{}';
  data jsonb;
  personal bytea;
  sealed private.sealed_data;
begin
  if tg_op = 'UPDATE' then
    if new.username is distinct from old.username then
      before := before || jsonb_build_object('username', old.username);
      after := after || jsonb_build_object('username', new.username);
    end if;
    if new.display_name is distinct from old.display_name then
      before := before || jsonb_build_object('display_name', old.display_name);
      after := after || jsonb_build_object('display_name', new.display_name);
    end if;
    if new.avatar_url is distinct from old.avatar_url then
      before := before || jsonb_build_object('avatar_url', old.avatar_url);
      after := after || jsonb_build_object('avatar_url', new.avatar_url);
    end if;
    if new.bio is distinct from old.bio then
      before := before || jsonb_build_object('bio', old.bio);
      after := after || jsonb_build_object('bio', new.bio);
    end if;
    if new.created_at is distinct from old.created_at then
      before := before || jsonb_build_object('created_at', old.created_at);
      after := after || jsonb_build_object('created_at', new.created_at);
    end if;
    if new.updated_at is distinct from old.updated_at then
      before := before || jsonb_build_object('updated_at', old.updated_at);
      after := after || jsonb_build_object('updated_at', new.updated_at);
    end if;
    if after = '{}' then
      return null;
    end if;
    data := jsonb_build_object('old', before, 'new', after);
  elsif tg_op = 'INSERT' then
    data := jsonb_build_object('new', to_jsonb(new) - '{}'::text[]);
  else
    data := jsonb_build_object('old', to_jsonb(old) - '{}'::text[], 'new', null);
  end if;

  if tg_op <> 'UPDATE' or after ?| '{username,display_name,avatar_url,bio}' then
    sealed := private.seal(data, '{username,display_name,avatar_url,bio}', subject.id);
    data := sealed.event_data;
    personal := sealed.personal;
  end if;
  perform private.write_event('Profile', subject.id, event_type, data, subject.id, private.event_actor(),
    personal => personal);
  return null;
end
$function$;
comment on function private.profiles_append_event() is 'Trigger: appends the events of public.profiles, Profile by id. Made by record_events.';

CREATE OR REPLACE FUNCTION private.provide_personal_key(owner_id uuid)
 RETURNS bytea
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  known private.personal_keys;
begin
  select * into known from private.personal_keys where user_id = owner_id;
  if not found and owner_id is not null then
    insert into private.personal_keys (user_id, key) values (owner_id, extensions.gen_random_bytes(32))
    on conflict (user_id) do update set user_id = excluded.user_id -- so that the row of whoever was faster is returned
    returning * into known;
  end if;
  return known.key;
end
$function$;
comment on function private.provide_personal_key(uuid) is 'A user''s key, made at the first need; null once it was thrown away, and for nobody.';

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
comment on function private.provide_request_stream(public.stream_requests) is 'The stream under which a request''s sessions are kept, made private if it has none. The caller has locked its user''s row. Raises max_streams_reached.';

CREATE OR REPLACE FUNCTION private.provide_session_source(session_id uuid, source_url text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if private.parse_address(source_url, array['http', 'https']) is null then
    perform private.fail('source_url_invalid', 'source_url must be an http(s) address.');
  end if;
  update private.restream_jobs set source_url = provide_session_source.source_url
  where restream_jobs.session_id = provide_session_source.session_id and is_storage;
end
$function$;
comment on function private.provide_session_source(uuid,text) is 'Gives a session the signed URL of its file in storage, so that workers can claim it. Nothing happens to a session that has ended or reads from elsewhere. Raises source_url_invalid. Callable by service_role.';
grant execute on function private.provide_session_source(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION private.publish_rpc(signature text, VARIADIC roles text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  target constant regprocedure := signature::regprocedure;
  shell constant text := format('public.%I(%s)', (select proname from pg_catalog.pg_proc where oid = target),
    pg_get_function_identity_arguments(target));
  grantees text;
begin
  perform private.check_rpc(target, roles);
  execute private.write_rpc_shell(target, must_sign_in => 'authenticated' = any (roles) and 'anon' <> all (roles));
  execute format('comment on function %s is %L', shell, obj_description(target, 'pg_proc'));
  -- service_role may call everything in public, so what is called there is granted to it too.
  select string_agg(distinct quote_ident(role), ', ') into grantees from unnest(roles || '{service_role}') as role;
  execute format('grant execute on function %s to %s', target, grantees);
  if 'authenticated' = any (roles) then
    grantees := grantees || ', anon'; -- who is answered by the function itself, not by a bare 42501
  end if;
  execute format('grant execute on function %s to %s', shell, grantees);
end
$function$;
comment on function private.publish_rpc(text,text[]) is 'Publishes a function of the schema private, such as ''private.get_stream(uuid)'', through the API to some roles: makes a security invoker function in public that calls it, with the same name, parameters, defaults, result, volatility and comment, and grants both to the roles and to service_role. What signed-in users may call answers anonymous ones sign_in_required. For migrations. Raises rpc_invalid for a function without a comment, with an open search_path or with a nameless parameter, and for a role that does not exist.';

CREATE OR REPLACE FUNCTION private.queue_session(request public.stream_requests, stream public.streams)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  in_storage constant boolean := request.video_url is null;
  source_url constant text := (
    select video_source from private.stream_request_secrets where request_id = request.id and not in_storage);
  session public.stream_sessions;
begin
  insert into public.stream_sessions (stream_id, user_id, kind, status, rtmp_url, video_source)
  values (stream.id, request.user_id, 'restream', 'starting', request.rtmp_url, request.video_source)
  returning * into session;
  insert into private.restream_jobs (session_id, request_id, source_url, is_storage)
  values (session.id, request.id, source_url, in_storage);
  update public.stream_requests
  set status = 'streaming', session_id = session.id, started_at = now(), stopped_at = null
  where id = request.id;
  return session;
end
$function$;
comment on function private.queue_session(public.stream_requests,public.streams) is 'Makes a request''s session, starting, and its job.';

CREATE OR REPLACE FUNCTION private.read_events(after_position bigint DEFAULT 0, max_count integer DEFAULT 100, aggregate_type text DEFAULT NULL::text, event_types text[] DEFAULT NULL::text[])
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
    case when aggregate_type is null and event_types is null then max_count else 100000 end);
  return query
    select e.* from private.events as e
    where e.position > after_position and e.position <= settled_position
      and (read_events.aggregate_type is null or e.aggregate_type = read_events.aggregate_type)
      and (event_types is null or e.event_type = any (event_types))
    order by e.position
    limit max_count;
end
$function$;
comment on function private.read_events(bigint,integer,text,text[]) is 'The log in order, after a position, at most max_count (1 to 1000), of one aggregate type and some event types where given. Call again with the last position read: no event is passed over, however late its transaction commits; what may still change is left for the next call. Raises max_count_invalid. Callable by service_role.';
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
comment on function private.reap_sessions() is 'Stops the ingest sessions whose publisher did not come back within the reconnect grace, and those whose media server has not been heard of for the lease; run by the job reap-sessions. Returns how many. Users that are being changed at the moment wait for the next run. Callable by service_role and streams_service.';
grant execute on function private.reap_sessions() to service_role;
grant execute on function private.reap_sessions() to streams_service;

CREATE OR REPLACE FUNCTION private.recall_refusal(stream_key private.stream_keys, publisher text)
 RETURNS public.ingest_answer
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if stream_key.refused_publisher = publisher
    and stream_key.refused_at > now() - private.setting_seconds('ingest_refusal_memory_seconds') then
    return private.describe_ingest_refusal(stream_key.refusal_code, stream_key.refusal_message);
  end if;
  return null;
end
$function$;
comment on function private.recall_refusal(private.stream_keys,text) is 'The refusal that this publisher (media server and id) was just given with this key, or null: who asks twice gets one answer.';

CREATE OR REPLACE FUNCTION private.record_events(table_name text, aggregate_type text, owner text, event text, unrecorded text[] DEFAULT '{}'::text[], finals jsonb DEFAULT '{}'::jsonb, personal text[] DEFAULT '{}'::text[], topic text DEFAULT NULL::text, broadcast text DEFAULT NULL::text, payload text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  wanted constant private.recording :=
    (table_name, aggregate_type, owner, event, unrecorded, finals, personal, topic, broadcast, payload);
  bare_name constant text := split_part(table_name, '.', 2);
  recorder constant text := format('private.%s_append_event', bare_name);
  watched text;
begin
  perform private.check_recording(wanted);
  execute private.write_recorder(wanted, recorder);
  execute format('comment on function %s() is %L', recorder,
    format('Trigger: appends the events of %s, %s by %s. Made by record_events.', table_name, aggregate_type, owner));
  select string_agg(quote_ident(attname), ', ' order by attnum) into watched from pg_catalog.pg_attribute
  where attrelid = table_name::regclass and attnum > 0 and not attisdropped and attgenerated = ''
    and (attname::text <> all (unrecorded) or finals @? format('$.*[*] ? (@ == "%s")', attname)::jsonpath);
  execute format('create trigger %I after insert or delete or update of %s on %s for each row execute function %s()',
    bare_name || '_append_event', watched, table_name, recorder);
end
$function$;
comment on function private.record_events(text,text,text,text,text[],jsonb,text[],text,text,text) is 'Has every change of a table''s rows appended as an event, and told over Realtime. For migrations. table_name: such as public.streams; the row''s id is the aggregate. aggregate_type: such as Stream. owner: the column of the user whose history it belongs to. event: an SQL expression of the event''s type, mostly a case; there are tg_op, old and new. unrecorded: columns whose changes are no event (live counters, heartbeats); a change of them alone appends nothing. finals: {"<event type>": [columns]}, those of them whose values such an event has. personal: columns that are encrypted with the owner''s key, so that they can be erased. topic: an SQL expression of the topic that is told, null for none; there are also event_type, and subject for the newest row. broadcast: the same of the broadcast''s event name; the event''s type unless given. payload: the same of its payload. Raises recording_invalid for a table without these columns.';

CREATE OR REPLACE FUNCTION private.record_health(session_id uuid, stats jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.check_json('stats', stats, 16384);
  insert into private.stream_health (session_id, bitrate_kbps, fps, speed, dropped_frames, out_seconds)
  select record_health.session_id, said.bitrate_kbps, said.fps, said.speed, said.dropped_frames, said.out_seconds
  from jsonb_to_record(stats) as said (
    bitrate_kbps numeric, fps numeric, speed numeric, dropped_frames integer, out_seconds numeric);
exception when data_exception then
  perform private.fail('stats_invalid',
    'stats must be an object of numbers: bitrate_kbps, fps, speed, dropped_frames, out_seconds.');
end
$function$;
comment on function private.record_health(uuid,jsonb) is 'Notes how a session goes. Raises stats_invalid.';

CREATE OR REPLACE FUNCTION private.record_viewers(samples jsonb)
 RETURNS public.recorded_viewers
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  newest private.viewer_sample[];
  stream public.streams;
  changed_count integer := 0;
begin
  if coalesce(jsonb_typeof(samples), '') <> 'array' or jsonb_array_length(samples) > 100000 then
    perform private.fail('samples_invalid', 'samples must be a JSON array of up to 100000 samples.');
  end if;
  perform private.check_json('samples', samples);
  perform pg_advisory_xact_lock(hashtextextended('record_viewers', 0));
  select array_agg(distinct_sample) into newest from (
    select distinct on (sample.session_id) sample as distinct_sample
    from jsonb_populate_recordset(null::private.viewer_sample, samples) as sample
    order by sample.session_id, sample.at_ms desc) as newest_first;
  newest := array(select sample from private.lock_sampled_sessions(newest) as sample);
  newest := array(select sample from private.store_samples(newest) as sample);
  for stream in select * from private.apply_samples(newest) loop
    perform private.send_viewers(stream);
    changed_count := changed_count + 1;
  end loop;
  return row(cardinality(newest), changed_count)::public.recorded_viewers;
end
$function$;
comment on function private.record_viewers(jsonb) is 'Writes what Redis counted, [{stream_id, session_id, at_ms, viewers, peak, uniques, viewer_seconds}] (totals since the session began, at at_ms milliseconds since 1970), to streams, sessions and history, and tells each stream whose number changed. A sample that is not newer than the last one of its session changes nothing, nor does one of a session that has ended, but for the first that was taken after its end within a minute: that one counts as of the end, and its numbers are the event SessionCounted. One of a row that is being changed at the moment is left for the next. Raises samples_invalid. Callable by service_role.';
grant execute on function private.record_viewers(jsonb) to service_role;

CREATE OR REPLACE FUNCTION private.recorded_columns(wanted private.recording)
 RETURNS text[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return array(
    select attname::text from pg_catalog.pg_attribute
    where attrelid = wanted.table_name::regclass and attnum > 0 and not attisdropped
      and attname::text <> all (wanted.unrecorded)
    order by attnum);
end
$function$;
comment on function private.recorded_columns(private.recording) is 'The columns whose changes are recorded.';

CREATE OR REPLACE FUNCTION private.refuse_event_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.fail('event_log_append_only', 'The event log can only be appended to.');
  return null;
end
$function$;
comment on function private.refuse_event_change() is 'Trigger: refuses update, delete and truncate for everybody, the owner included (event_log_append_only).';

CREATE OR REPLACE FUNCTION private.refuse_ingest(attempt private.ingest_attempt, refusal private.refusal)
 RETURNS public.ingest_answer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- Whoever knows an address can present a wrong key; that must not fill the owner's history.
  if attempt.key_id is not null then
    perform private.log_admission(attempt, refusal.code, null, refusal);
    update private.stream_keys
    set refused_publisher = attempt.media_server || ' ' || attempt.publisher_id, refused_at = now(),
        refusal_code = refusal.code, refusal_message = refusal.message
    where id = attempt.key_id;
    perform private.tell_refusal(attempt, refusal);
  elsif attempt.stream_id is not null then
    perform private.log_wrong_key(attempt, refusal);
  end if;
  return private.describe_ingest_refusal(refusal.code, refusal.message);
end
$function$;
comment on function private.refuse_ingest(private.ingest_attempt,private.refusal) is 'Records a refusal and answers it; of a stream that does not exist nothing is recorded.';

CREATE OR REPLACE FUNCTION private.register_device(device_name text, device_type text)
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
    perform private.fail('session_required', 'The access token names no session.');
  end if;
  perform private.check_text('device_name', device_name, 1, 100);
  perform private.check_one_of('device_type', device_type,
    array['web', 'phone', 'tablet', 'desktop', 'tv', 'console', 'other']);
  insert into public.user_sessions as known (id, user_id, device_name, device_type, user_agent, ip, expires_at)
  values (session_id, owner_id, register_device.device_name, register_device.device_type,
    left(private.request_header('user-agent'), 400), private.client_ip(),
    (select not_after from auth.sessions where id = session_id))
  on conflict (id) do update
    set device_name = excluded.device_name, device_type = excluded.device_type,
        user_agent = excluded.user_agent, ip = excluded.ip, last_seen_at = now()
    where known.revoked_at is null and known.user_id = excluded.user_id
  returning * into device;
  if not found then
    perform private.fail('session_revoked', 'This session was ended from another device.');
  end if;
  return device;
end
$function$;
comment on function private.register_device(text,text) is 'Names the device of the caller''s session, or says that it is still in use; returns its row. For signed-in users. Raises device_name_invalid, device_type_invalid, session_required, session_revoked, sign_in_required.';
grant execute on function private.register_device(text,text) to authenticated;
grant execute on function private.register_device(text,text) to service_role;

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

CREATE OR REPLACE FUNCTION private.reject_stream_request(id uuid, notes text DEFAULT NULL::text)
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
  request := private.lock_managed_request(id);
  if request.status = 'rejected' then
    return request;
  end if;
  update public.stream_requests
  set status = 'rejected', admin_notes = coalesce(notes, admin_notes),
      stopped_at = case when status = 'streaming' then now() else stopped_at end
  where stream_requests.id = request.id returning * into request;
  if request.session_id is not null then
    perform private.ask_to_stop(request.session_id);
  end if;
  return request;
end
$function$;
comment on function private.reject_stream_request(uuid,text) is 'Refuses a request for good, or takes an approval back and stops what is streaming; returns it. For admins. Raises admin_required, notes_invalid, request_not_found, sign_in_required.';
grant execute on function private.reject_stream_request(uuid,text) to authenticated;
grant execute on function private.reject_stream_request(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION private.release_publisher(session_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.stream_sessions set disconnected_at = coalesce(disconnected_at, now()), publisher_id = null
  where id = session_id;
end
$function$;
comment on function private.release_publisher(uuid) is 'Disconnects a session whose publisher''s id has come up for another stream: a media server that restarted counts its connections from the start.';

CREATE OR REPLACE FUNCTION private.remove_stream(stream_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.stop_stream(stream_id, 'deleted');
  delete from public.streams where id = stream_id;
end
$function$;
comment on function private.remove_stream(uuid) is 'Ends a stream''s running sessions, so that whoever serves them is told, and deletes it. The caller has locked its user''s row.';

CREATE OR REPLACE FUNCTION private.renew_ingest(media_server text, publisher_ids text[], is_complete boolean DEFAULT false)
 RETURNS public.renewed_ingest
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  reported text[] := coalesce(publisher_ids, '{}');
  known text[];
  lost_count integer := 0;
begin
  perform private.check_text('media_server', media_server, 1, 100);
  if cardinality(reported) > 10000 then
    perform private.fail('publisher_ids_invalid',
      format('At most 10000 publishers at once, got %s.', cardinality(reported)));
  end if;
  -- A session that somebody is changing is left alone, as in disconnect_others.
  update public.stream_sessions set last_seen_at = now(), disconnected_at = null
  where id in (
    select session.id from public.stream_sessions as session
    where session.media_server = renew_ingest.media_server and session.publisher_id = any (reported)
      and is_active and kind = 'ingest'
    for no key update skip locked
  );
  select coalesce(array_agg(session.publisher_id), '{}') into known from public.stream_sessions as session
  where session.media_server = renew_ingest.media_server and session.publisher_id = any (reported)
    and is_active and kind = 'ingest';
  if is_complete then
    lost_count := private.disconnect_others(media_server, reported);
  end if;
  return row(known, array(select unnest(reported) except select unnest(known)), lost_count)::public.renewed_ingest;
end
$function$;
comment on function private.renew_ingest(text,text[],boolean) is 'A media server says which publishers it has; their leases run anew. With is_complete the list is everything it has, and its other sessions are disconnected. Raises media_server_invalid, publisher_ids_invalid. Callable by service_role and streams_service.';
grant execute on function private.renew_ingest(text,text[],boolean) to service_role;
grant execute on function private.renew_ingest(text,text[],boolean) to streams_service;

CREATE OR REPLACE FUNCTION private.renew_session(session_id uuid, worker_id text, stats jsonb DEFAULT NULL::jsonb)
 RETURNS public.renewed_session
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  held public.stream_sessions := private.hold_session(session_id, worker_id);
  job private.restream_jobs;
begin
  select * into job from private.restream_jobs where restream_jobs.session_id = renew_session.session_id;
  if jsonb_typeof(stats) <> 'null' then
    perform private.record_health(session_id, stats);
  end if;
  if job.is_storage and held.status <> 'stopping' and private.is_video_changed(job.request_id) then
    update public.stream_sessions set status = 'stopping', error = private.describe_changed_video(video_source)
    where id = held.id returning * into held;
  end if;
  return row(held.status, job.lease_seconds)::public.renewed_session;
end
$function$;
comment on function private.renew_session(uuid,text,jsonb) is 'The worker''s lease runs anew. stats, {bitrate_kbps, fps, speed, dropped_frames, out_seconds}, go to get_stream_health. A session whose file in storage was replaced is to stop. Raises lease_lost (stop pushing at once), stats_invalid. Callable by restream_worker and service_role.';
grant execute on function private.renew_session(uuid,text,jsonb) to restream_worker;
grant execute on function private.renew_session(uuid,text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION private.renew_topic()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  new.topic_epoch := old.topic_epoch + 1;
  return new;
end
$function$;
comment on function private.renew_topic() is 'Trigger: a stream that becomes private is told on another topic from then on. Who has joined a topic is not asked again whether they still may.';

CREATE OR REPLACE FUNCTION private.replay(aggregate_type text, aggregate_id uuid, as_of timestamp with time zone DEFAULT NULL::timestamp with time zone, at_version bigint DEFAULT NULL::bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  base private.event_snapshots := private.nearest_snapshot(aggregate_type, aggregate_id, as_of, at_version);
  folded private.folded_state;
begin
  perform private.check_kept(base, aggregate_type, aggregate_id, at_version);
  folded := private.fold_events(base, aggregate_type, aggregate_id, as_of, at_version);
  return folded.state || coalesce(folded.personal, '{}');
end
$function$;
comment on function private.replay(text,uuid,timestamp with time zone,bigint) is 'The state of an aggregate as of a moment, at a version, or now: the nearest snapshot plus the events after it. Null before its first event, and after its end. Personal values of a user whose account is gone are "erased". Raises events_archived for a time whose events have been archived. Callable by service_role.';
grant execute on function private.replay(text,uuid,timestamp with time zone,bigint) to service_role;

CREATE OR REPLACE FUNCTION private.report_session(session_id uuid, worker_id text, status text, container_id text DEFAULT NULL::text, error text DEFAULT NULL::text, exit_code integer DEFAULT NULL::integer)
 RETURNS public.reported_session
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  held public.stream_sessions;
begin
  perform private.check_one_of('status', status, array['starting', 'running', 'stopped', 'error']);
  perform private.check_text('container_id', container_id, 0, 100);
  perform from public.users
  where id = (select user_id from public.stream_sessions where id = session_id) for no key update;
  select * into held from public.stream_sessions
  where id = session_id and stream_sessions.worker_id = report_session.worker_id and not is_active;
  if found and status in ('stopped', 'error') then
    return row(held.status)::public.reported_session; -- told twice
  end if;
  held := private.hold_session(session_id, worker_id);
  if status = 'running' then
    perform private.note_running(session_id, container_id);
  elsif status = 'starting' and held.status <> 'stopping' then
    perform private.requeue_session(session_id, 0);
  else
    perform private.end_restream(held, case status when 'error' then 'error' else 'stopped' end, error, exit_code);
  end if;
  select * into held from public.stream_sessions where id = session_id;
  return row(held.status)::public.reported_session;
end
$function$;
comment on function private.report_session(uuid,text,text,text,text,integer) is 'The worker says what became of its session: running (it pushes; container_id where it has one), stopped (the video ended, or it was asked to), error (with what ffmpeg said last and its exit code), starting (it gives the session back to the queue). The same end told twice is answered twice. Raises container_id_invalid, lease_lost, status_invalid. Callable by restream_worker and service_role.';
grant execute on function private.report_session(uuid,text,text,text,text,integer) to restream_worker;
grant execute on function private.report_session(uuid,text,text,text,text,integer) to service_role;

CREATE OR REPLACE FUNCTION private.request_file_deletions(bucket_id text, prefix text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into private.file_deletions (bucket_id, name)
  select objects.bucket_id, objects.name from storage.objects
  where objects.bucket_id = request_file_deletions.bucket_id and starts_with(objects.name, prefix)
  on conflict do nothing;
end
$function$;
comment on function private.request_file_deletions(text,text) is 'Has every file of a bucket deleted whose name begins with the prefix: a folder with its slash, or one name that nobody uses again. For other functions only.';

CREATE OR REPLACE FUNCTION private.request_header(header_name text)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select nullif(current_setting('request.headers', true), '')::jsonb ->> lower(header_name)
$function$;
comment on function private.request_header(text) is 'A header of the API request that is being served, or null outside of one.';

CREATE OR REPLACE FUNCTION private.request_stream(video_source text, rtmp_url text, title text, description text DEFAULT NULL::text, repeat boolean DEFAULT false)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  owner_id constant uuid := private.require_user();
  needs_approval constant boolean := private.setting('approval_required')::boolean;
  shown_source constant text := private.check_video_source(video_source, owner_id);
  target constant private.address := private.check_rtmp_url(rtmp_url);
  created public.stream_requests;
begin
  perform private.check_presentation(title, description);
  perform from public.users where id = owner_id for no key update;
  perform private.check_open_requests(owner_id);
  insert into public.stream_requests (
    user_id, video_source, rtmp_url, title, description, repeat, status, approved_at)
  values (
    owner_id, shown_source, private.mask_rtmp_url(target), request_stream.title, request_stream.description,
    coalesce(request_stream.repeat, false), case when needs_approval then 'pending' else 'approved' end,
    case when not needs_approval then now() end)
  returning * into created;
  insert into private.stream_request_secrets (request_id, video_source, rtmp_url)
  values (created.id, request_stream.video_source, request_stream.rtmp_url);
  if not needs_approval then
    perform private.pin_video(created.id);
  end if;
  return created;
end
$function$;
comment on function private.request_stream(text,text,text,text,boolean) is 'Asks for a video to be pushed to an RTMP address elsewhere; returns the request, its key masked. video_source: an http(s) address, or videos/<your id>/<file> in storage. rtmp_url: rtmp:// or rtmps:// with application and key. repeat: until stopped. For signed-in users. Raises description_invalid, max_requests_reached, rtmp_url_forbidden, rtmp_url_invalid, sign_in_required, title_invalid, video_not_found, video_source_forbidden, video_source_invalid.';
grant execute on function private.request_stream(text,text,text,text,boolean) to authenticated;
grant execute on function private.request_stream(text,text,text,text,boolean) to service_role;

CREATE OR REPLACE FUNCTION private.requeue_session(session_id uuid, requeues integer)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.stream_sessions set status = 'starting', worker_id = null, container_id = null where id = session_id;
  update private.restream_jobs
  set requeue_count = requeue_count + requeues, starting_since = now(), queued_at = now(), lease_seconds = null,
      lease_expires_at = null
  where restream_jobs.session_id = requeue_session.session_id;
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
    perform private.fail('admin_required', 'Only an admin may do this.');
  end if;
end
$function$;
comment on function private.require_admin() is 'Raises admin_required unless the caller is an admin, holds the secret key, or owns the database.';

CREATE OR REPLACE FUNCTION private.require_readable_stream(stream_id uuid, admins_too boolean DEFAULT true)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  perform from public.streams where id = stream_id and private.may_oversee(user_id, admins_too);
  if not found then
    perform private.fail_stream_not_found(stream_id);
  end if;
end
$function$;
comment on function private.require_readable_stream(uuid,boolean) is 'Raises stream_not_found unless the stream is the caller''s, or the caller is trusted or (unless admins_too is false) an admin: what others than its viewers may read of it.';

CREATE OR REPLACE FUNCTION private.require_schedule_extensions(secret_name text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  missing text := (
    select string_agg(wanted.label, ', ' order by wanted.label collate "C")
    from (values ('pg_cron', 'cron.job'), ('pg_net', 'net.http_request_queue'), ('Vault', 'vault.decrypted_secrets'))
      as wanted (label, relation)
    where to_regclass(wanted.relation) is null);
  is_known boolean;
begin
  if missing is not null then
    perform private.fail('extensions_missing', format('This database has no %s.', missing));
  end if;
  execute format('select exists (select from %I.decrypted_secrets where name = $1)', 'vault')
  into is_known using secret_name;
  if not is_known then
    perform private.fail('secret_not_found', format('Vault has no secret "%s".', secret_name));
  end if;
end
$function$;
comment on function private.require_schedule_extensions(text) is 'Raises extensions_missing without pg_cron, pg_net and Vault, secret_not_found without the secret.';

CREATE OR REPLACE FUNCTION private.require_user()
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if auth.uid() is null then
    perform private.fail('sign_in_required', 'You are not signed in.');
  end if;
  return auth.uid();
end
$function$;
comment on function private.require_user() is 'The signed-in user''s id. Raises sign_in_required for anybody else.';
grant execute on function private.require_user() to anon;

CREATE OR REPLACE FUNCTION private.resize_consumer(consumer text, size integer)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  slowest_position bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('consumer ' || resize_consumer.consumer, 0));
  if exists (select from private.event_consumer_members as known
    where known.consumer = resize_consumer.consumer and known.size = resize_consumer.size) then
    return;
  end if;
  perform from private.event_consumer_members as known
  where known.consumer = resize_consumer.consumer order by known.member for update;
  if exists (select from private.event_consumer_members as known
    where known.consumer = resize_consumer.consumer and leased_until > clock_timestamp()) then
    perform private.fail('consumer_busy', format('Consumer %s has members at work, so its size cannot become %s now.',
      resize_consumer.consumer, resize_consumer.size));
  end if;
  select min(acknowledged_position) into slowest_position from private.event_consumer_members as known
  where known.consumer = resize_consumer.consumer;
  delete from private.event_consumer_members as known where known.consumer = resize_consumer.consumer;
  insert into private.event_consumer_members (consumer, member, size, acknowledged_position)
  select resize_consumer.consumer, place, resize_consumer.size, coalesce(slowest_position, 0)
  from generate_series(0, resize_consumer.size - 1) as place;
end
$function$;
comment on function private.resize_consumer(text,integer) is 'Makes a consumer with this many members, or gives it as many; then all go on from the slowest, and some events come again. Raises consumer_busy.';

CREATE OR REPLACE FUNCTION private.resume_session(attempt private.ingest_attempt, session_id uuid)
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
  where id = session_id
  returning * into resumed;
  return resumed;
end
$function$;
comment on function private.resume_session(private.ingest_attempt,uuid) is 'Hands a session to a publisher that came back.';

CREATE OR REPLACE FUNCTION private.reveal(event_data jsonb, personal bytea, owner_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return coalesce(private.merge_data(event_data, private.open_sealed(personal, owner_id)), event_data);
end
$function$;
comment on function private.reveal(jsonb,bytea,uuid) is 'Event data with its personal values, or with "erased" in their place once the owner''s key was thrown away.';

CREATE OR REPLACE FUNCTION private.revoke_session(id uuid)
 RETURNS public.user_sessions
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  owner_id uuid := private.require_user();
  revoked public.user_sessions;
begin
  update public.user_sessions as device set revoked_at = coalesce(revoked_at, now())
  where device.id = revoke_session.id and user_id = owner_id
  returning * into revoked;
  if not found then
    perform private.fail('device_not_found', format('You have no device with the session %s.', revoke_session.id));
  end if;
  delete from auth.sessions where sessions.id = revoke_session.id and user_id = owner_id;
  return revoked;
end
$function$;
comment on function private.revoke_session(uuid) is 'Signs one of the caller''s devices out: its refresh token ends at once, its access token at its expiry. Returns the row; a second call changes nothing. For signed-in users. Raises device_not_found, sign_in_required.';
grant execute on function private.revoke_session(uuid) to authenticated;
grant execute on function private.revoke_session(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.rotate_stream_key(stream_id uuid, grace_seconds integer DEFAULT 0)
 RETURNS public.rotated_stream_key
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  managed public.streams := private.lock_managed_stream(stream_id);
  valid_until timestamptz;
begin
  perform private.check_range('grace_seconds', grace_seconds, 0, 604800);
  valid_until := now() + make_interval(secs => grace_seconds);
  update private.stream_keys as known
  set expires_at = least(known.expires_at, valid_until),
      revoked_at = case when grace_seconds = 0 then now() end
  where known.stream_id = managed.id and known.revoked_at is null and coalesce(known.expires_at, 'infinity') > now();
  perform private.append_notice('Stream', managed.id, 'StreamKeyRotated',
    jsonb_build_object('previous_valid_until', valid_until), managed.user_id);
  return row(private.create_stream_key(managed.id), valid_until)::public.rotated_stream_key;
end
$function$;
comment on function private.rotate_stream_key(uuid,integer) is 'Gives a stream a new key. Older keys work for grace_seconds more (0 to 604800); a broadcast under way goes on. For the owner. Raises grace_seconds_invalid, sign_in_required, stream_not_found.';
grant execute on function private.rotate_stream_key(uuid,integer) to authenticated;
grant execute on function private.rotate_stream_key(uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION private.run_job(job_name text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  job private.scheduled_jobs;
  lease public.job_lease;
  result jsonb;
  error text;
begin
  select * into job from private.scheduled_jobs where name = run_job.job_name;
  if not pg_try_advisory_xact_lock(hashtextextended('job ' || run_job.job_name, 0)) then
    return null; -- the lease of a run that goes on in one transaction is not to be seen yet, and would be waited for
  end if;
  lease := private.begin_job_run(run_job.job_name);
  if not lease.begun then
    return null;
  end if;
  begin
    execute format('select to_jsonb(%s())', job.sql_function) into result;
  exception when others or query_canceled then
    error := format('%s (%s)', sqlerrm, sqlstate);
    raise warning '%: %', job.name, error;
  end;
  perform private.finish_job_run(job.name, lease.run_id, error is null, result, error);
  return result;
end
$function$;
comment on function private.run_job(text) is 'Runs a job that is an SQL function, in this transaction, and records it. Returns its result; null while another run goes on, or where it failed. What runs schedules calls it, as the owner of the database.';

CREATE OR REPLACE FUNCTION private.seal(event_data jsonb, names text[], owner_id uuid)
 RETURNS private.sealed_data
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  old_values jsonb := private.pick_keys(nullif(event_data -> 'old', 'null'), names);
  new_values jsonb := private.pick_keys(nullif(event_data -> 'new', 'null'), names);
  picked jsonb := coalesce(private.pick_keys(event_data, names), '{}')
    || case when old_values is null then '{}' else jsonb_build_object('old', old_values) end
    || case when new_values is null then '{}' else jsonb_build_object('new', new_values) end;
begin
  if picked = '{}' then
    return row(event_data, null)::private.sealed_data;
  end if;
  return row(private.merge_data(event_data, private.erase_values(picked)), private.encrypt_personal(picked, owner_id))
    ::private.sealed_data;
end
$function$;
comment on function private.seal(jsonb,text[],uuid) is 'Event data whose members of these names, in itself and in its old and new, are encrypted with the owner''s key. Without a key they are not stored at all.';

CREATE OR REPLACE FUNCTION private.send_broadcast(topic text, event text, payload jsonb)
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
comment on function private.send_broadcast(text,text,jsonb) is 'Sends a broadcast on a private topic when this transaction commits; nothing where Realtime is not installed. For other functions only.';

CREATE OR REPLACE FUNCTION private.send_viewers(stream public.streams)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.send_broadcast(stream.topic, 'viewers', jsonb_build_object(
    'viewer_count', stream.viewer_count, 'peak_viewers', stream.peak_viewers, 'at', now()));
end
$function$;
comment on function private.send_viewers(public.streams) is 'Tells a stream''s topic its numbers: the broadcast viewers, {viewer_count, peak_viewers, at}.';

CREATE OR REPLACE FUNCTION private.set_setting(key text, value jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  old_value jsonb;
begin
  perform private.require_admin();
  select settings.value into old_value from private.settings where settings.key = set_setting.key for no key update;
  if not found then
    perform private.fail('setting_not_found', format('There is no setting "%s".', left(set_setting.key, 60)));
  end if;
  if jsonb_typeof(set_setting.value) is distinct from jsonb_typeof(old_value)
    or (jsonb_typeof(old_value) = 'number' and (set_setting.value #>> '{}') !~ '^\d{1,9}$') then
    perform private.fail('value_invalid', format('The setting %s is a %s, got %s.', set_setting.key,
      jsonb_typeof(old_value), coalesce(left(set_setting.value::text, 60), 'nothing')));
  end if;
  perform private.check_json('value', value, 262144);
  update private.settings set value = set_setting.value where settings.key = set_setting.key;
  return set_setting.value;
end
$function$;
comment on function private.set_setting(text,jsonb) is 'Changes a setting to a value of the same JSON type and returns it. For admins. Raises admin_required, setting_not_found, sign_in_required, value_invalid.';
grant execute on function private.set_setting(text,jsonb) to authenticated;
grant execute on function private.set_setting(text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION private.set_user_package(user_id uuid, package_type text, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS public.users
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  changed public.users;
begin
  perform private.require_admin();
  if package_type is not null and not exists (select from public.packages where id = package_type and active) then
    perform private.fail('package_type_invalid', format('There is no package "%s" on sale.', left(package_type, 60)));
  end if;
  if expires_at <= now() then
    perform private.fail('expires_at_invalid', format('expires_at %s is past.', expires_at));
  end if;
  update public.users
  set package_type = set_user_package.package_type,
      package_expires_at = case when set_user_package.package_type is not null then expires_at end
  where id = user_id
  returning * into changed;
  if not found then
    perform private.fail('user_not_found', format('There is no user %s.', user_id));
  end if;
  return changed;
end
$function$;
comment on function private.set_user_package(uuid,text,timestamp with time zone) is 'Gives a user a package until expires_at (null: no end), or none; returns the changed row. For admins. Raises admin_required, expires_at_invalid, package_type_invalid, sign_in_required, user_not_found.';
grant execute on function private.set_user_package(uuid,text,timestamp with time zone) to authenticated;
grant execute on function private.set_user_package(uuid,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION private.set_user_role(user_id uuid, role text)
 RETURNS public.users
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  changed public.users;
begin
  perform private.require_admin();
  perform private.check_one_of('role', role, array['user', 'moderator', 'admin']);
  if role <> 'admin' then
    perform private.check_not_last_admin(user_id);
  end if;
  update public.users set role = set_user_role.role, updated_at = now() where id = user_id returning * into changed;
  if not found then
    perform private.fail('user_not_found', format('There is no user %s.', user_id));
  end if;
  return changed;
end
$function$;
comment on function private.set_user_role(uuid,text) is 'Gives a user the role user, moderator or admin; returns the changed row. For admins. Raises admin_required, last_admin, role_invalid, sign_in_required, user_not_found.';
grant execute on function private.set_user_role(uuid,text) to authenticated;
grant execute on function private.set_user_role(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION private.setting(key text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  found_value jsonb := (select value from private.settings where settings.key = setting.key);
begin
  if found_value is null then
    perform private.fail('setting_missing', format('The setting "%s" does not exist.', setting.key));
  end if;
  return found_value;
end
$function$;
comment on function private.setting(text) is 'The value of a setting. Raises setting_missing for a key that no migration created. For other functions only.';

CREATE OR REPLACE FUNCTION private.setting_integer(key text)
 RETURNS integer
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.setting(key)::integer;
end
$function$;
comment on function private.setting_integer(text) is 'The value of a whole-number setting. Errors as private.setting.';

CREATE OR REPLACE FUNCTION private.setting_seconds(key text)
 RETURNS interval
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return make_interval(secs => private.setting(key)::double precision);
end
$function$;
comment on function private.setting_seconds(text) is 'The value of a setting that counts seconds, as an interval. Errors as private.setting.';

CREATE OR REPLACE FUNCTION private.setting_text(key text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.setting(key) #>> '{}';
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
  elsif lost.reason = 'video_replaced' then
    update public.stream_sessions
    set status = 'error', stopped_at = now(), ended_reason = lost.reason,
        error = private.describe_changed_video(video_source)
    where id = lost.id;
  elsif lost.requeue_count < private.setting_integer('restream_max_requeues') then
    perform private.requeue_session(lost.id, 1);
  else
    update public.stream_sessions
    set status = 'error', stopped_at = now(), ended_reason = lost.reason,
        error = format('%s %s times.', case lost.reason
          when 'lease_expired' then 'The worker was lost'
          else 'No worker got it running' end, lost.requeue_count + 1)
    where id = lost.id;
  end if;
end
$function$;
comment on function private.settle_lost_session(private.lost_sessions) is 'Queues a lost session anew, stops it where that was asked for, ends it in error where it was queued anew too often or its file was replaced. The caller has locked its user''s row.';

CREATE OR REPLACE FUNCTION private.show_application(address private.address)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  application constant text := substring(address.path from '^/([^/]+)/');
begin
  -- With some servers the key is the first part of the path. Only what is an application's usual name is none.
  return case when lower(application) in ('app', 'broadcast', 'event', 'ingest', 'live', 'live2', 'publish', 'rtmp',
    'stream') then '/' || application else '' end;
end
$function$;
comment on function private.show_application(private.address) is 'The application of a target with its slash, where it has one of the usual names; nothing where it may be a key.';

CREATE OR REPLACE FUNCTION private.show_host(address private.address)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return address.scheme || '://' || case when address.host ~ ':' then '[' || address.host || ']' else address.host end
    || case when address.port = private.default_port(address.scheme) then '' else ':' || address.port end;
end
$function$;
comment on function private.show_host(private.address) is 'Scheme, host and port as they are written.';

CREATE OR REPLACE FUNCTION private.sign_playback(stream_id uuid, expiry bigint)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return expiry || '.' || encode(extensions.hmac(
    convert_to(stream_id || '.' || expiry, 'utf8'),
    (select secret from private.secrets where name = 'playback'), 'sha256'), 'hex');
end
$function$;
comment on function private.sign_playback(uuid,bigint) is 'A playback token: <expiry, seconds since 1970>.<HMAC-SHA256 of "<stream id>.<expiry>" in hex>.';

CREATE OR REPLACE FUNCTION private.snapshot_partition(target private.event_partitions)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.store_snapshot(newest::private.event_heads) from (
    select distinct on (aggregate_type, aggregate_id) aggregate_type, aggregate_id, version, hash, created_at, 0::bigint
    from private.event_log
    where position >= target.first_position and position < target.end_position
    order by aggregate_type, aggregate_id, version desc
  ) as newest;
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
  values (attempt.stream_id, attempt.user_id, 'ingest', 'running', attempt.media_server, attempt.publisher_id,
    attempt.key_id, attempt.client_ip, now(), now())
  returning * into started;
  return started;
end
$function$;
comment on function private.start_session(private.ingest_attempt) is 'Makes the running session of an admitted publisher.';

CREATE OR REPLACE FUNCTION private.start_stream_request(request_id uuid)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  request public.stream_requests := private.lock_managed_request(request_id);
  stream public.streams;
  session public.stream_sessions;
begin
  if request.status = 'streaming' then
    select * into session from public.stream_sessions where id = request.session_id;
    return session;
  elsif request.status not in ('approved', 'stopped') or request.approved_at is null then
    perform private.fail('request_not_approved',
      format('This request is %s.', case when request.status = 'stopped' then 'cancelled' else request.status end));
  end if;
  if private.is_video_changed(request.id) then
    perform private.fail('video_changed', private.describe_changed_video(request.video_source));
  end if;
  stream := private.provide_request_stream(request);
  perform private.admit_restream(stream);
  return private.queue_session(request, stream);
end
$function$;
comment on function private.start_stream_request(uuid) is 'Starts an approved request, or one that stopped: returns its session, starting; the active one where it is streaming already. A file in storage waits for provide_session_source, so call the edge function stream-start. For the owner and admins. Raises max_streams_reached, request_not_approved, request_not_found, sign_in_required, stream_disabled, stream_expired, stream_limit_reached, video_changed.';
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

CREATE OR REPLACE FUNCTION private.stop_restream(session_id uuid)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  session public.stream_sessions := private.find_overseen_session(session_id);
begin
  if session.kind <> 'restream' then
    perform private.fail('session_not_restream', 'An encoder pushes this session.');
  end if;
  perform from public.users where id = session.user_id for no key update;
  return private.ask_to_stop(session_id);
end
$function$;
comment on function private.stop_restream(uuid) is 'Asks for a restream session to be stopped and returns it: stopping while its worker ends it, stopped if none has it; one that ended stays as it is. For the owner and admins. Raises session_not_found, session_not_restream, sign_in_required.';
grant execute on function private.stop_restream(uuid) to authenticated;
grant execute on function private.stop_restream(uuid) to service_role;

CREATE OR REPLACE FUNCTION private.stop_session(session_id uuid, reason text, moment timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.stream_sessions
  set status = 'stopped', ended_reason = reason, stopped_at = moment
  where id = session_id and is_active;
end
$function$;
comment on function private.stop_session(uuid,text,timestamp with time zone) is 'Ends a session with a reason, if it is active. The caller has locked its user''s row.';

CREATE OR REPLACE FUNCTION private.stop_stream(stream_id uuid, reason text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.stop_session(session.id, reason) from public.stream_sessions as session
  where session.stream_id = stop_stream.stream_id and session.is_active;
end
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
      insert into private.viewer_samples (created_at, stream_id, session_id, viewer_count, peak_viewers, unique_viewers,
        viewer_seconds)
      select to_timestamp(sample.at_ms / 1000.0), sample.stream_id, sample.session_id, sample.viewers,
        case when sample.peak > session.peak_viewers then sample.peak else sample.viewers end, sample.uniques,
        sample.viewer_seconds
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

CREATE OR REPLACE FUNCTION private.store_snapshot(head private.event_heads)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  base private.event_snapshots :=
    private.nearest_snapshot(head.aggregate_type, head.aggregate_id, null, head.version);
  folded private.folded_state := private.fold_events(base, head.aggregate_type, head.aggregate_id, null, head.version);
begin
  insert into private.event_snapshots
    (aggregate_type, aggregate_id, version, state, personal, user_id, hash, created_at)
  values (head.aggregate_type, head.aggregate_id, head.version, folded.state,
    private.encrypt_personal(folded.personal, folded.user_id), folded.user_id, head.hash, head.last_event_at)
  on conflict do nothing;
end
$function$;
comment on function private.store_snapshot(private.event_heads) is 'Snapshots an aggregate at the event that its head, or what looks like one, names.';

CREATE OR REPLACE FUNCTION private.stream_requests_append_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  subject public.stream_requests := coalesce(new, old);
  event_type text := case
    when tg_op = 'INSERT' then 'StreamRequested'
    when tg_op = 'DELETE' then 'StreamRequestDeleted'
    when old.status = new.status then 'StreamRequestUpdated'
    when new.status = 'approved' then 'StreamRequestApproved'
    when new.status = 'rejected' then 'StreamRequestRejected'
    when new.status = 'streaming' then 'StreamRequestStarted'
    when new.status = 'stopped' then 'StreamRequestStopped'
  end;
  before jsonb := jsonb '{}';
  after jsonb := jsonb '{}';
  data jsonb;
  personal bytea;
  sealed private.sealed_data;
  topic text;
  written public.appended_event;
begin
  if tg_op = 'UPDATE' then
    if new.user_id is distinct from old.user_id then
      before := before || jsonb_build_object('user_id', old.user_id);
      after := after || jsonb_build_object('user_id', new.user_id);
    end if;
    if new.stream_id is distinct from old.stream_id then
      before := before || jsonb_build_object('stream_id', old.stream_id);
      after := after || jsonb_build_object('stream_id', new.stream_id);
    end if;
    if new.session_id is distinct from old.session_id then
      before := before || jsonb_build_object('session_id', old.session_id);
      after := after || jsonb_build_object('session_id', new.session_id);
    end if;
    if new.video_source is distinct from old.video_source then
      before := before || jsonb_build_object('video_source', old.video_source);
      after := after || jsonb_build_object('video_source', new.video_source);
    end if;
    if new.video_url is distinct from old.video_url then
      before := before || jsonb_build_object('video_url', old.video_url);
      after := after || jsonb_build_object('video_url', new.video_url);
    end if;
    if new.rtmp_url is distinct from old.rtmp_url then
      before := before || jsonb_build_object('rtmp_url', old.rtmp_url);
      after := after || jsonb_build_object('rtmp_url', new.rtmp_url);
    end if;
    if new.title is distinct from old.title then
      before := before || jsonb_build_object('title', old.title);
      after := after || jsonb_build_object('title', new.title);
    end if;
    if new.description is distinct from old.description then
      before := before || jsonb_build_object('description', old.description);
      after := after || jsonb_build_object('description', new.description);
    end if;
    if new.repeat is distinct from old.repeat then
      before := before || jsonb_build_object('repeat', old.repeat);
      after := after || jsonb_build_object('repeat', new.repeat);
    end if;
    if new.status is distinct from old.status then
      before := before || jsonb_build_object('status', old.status);
      after := after || jsonb_build_object('status', new.status);
    end if;
    if new.admin_notes is distinct from old.admin_notes then
      before := before || jsonb_build_object('admin_notes', old.admin_notes);
      after := after || jsonb_build_object('admin_notes', new.admin_notes);
    end if;
    if new.approved_by is distinct from old.approved_by then
      before := before || jsonb_build_object('approved_by', old.approved_by);
      after := after || jsonb_build_object('approved_by', new.approved_by);
    end if;
    if new.created_at is distinct from old.created_at then
      before := before || jsonb_build_object('created_at', old.created_at);
      after := after || jsonb_build_object('created_at', new.created_at);
    end if;
    if new.approved_at is distinct from old.approved_at then
      before := before || jsonb_build_object('approved_at', old.approved_at);
      after := after || jsonb_build_object('approved_at', new.approved_at);
    end if;
    if new.started_at is distinct from old.started_at then
      before := before || jsonb_build_object('started_at', old.started_at);
      after := after || jsonb_build_object('started_at', new.started_at);
    end if;
    if new.stopped_at is distinct from old.stopped_at then
      before := before || jsonb_build_object('stopped_at', old.stopped_at);
      after := after || jsonb_build_object('stopped_at', new.stopped_at);
    end if;
    if after = '{}' then
      return null;
    end if;
    data := jsonb_build_object('old', before, 'new', after);
  elsif tg_op = 'INSERT' then
    data := jsonb_build_object('new', to_jsonb(new) - '{}'::text[]);
  else
    data := jsonb_build_object('old', to_jsonb(old) - '{}'::text[], 'new', null);
  end if;

  if tg_op <> 'UPDATE' or after ?| '{video_source,video_url,rtmp_url,title,description,admin_notes}' then
    sealed := private.seal(data, '{video_source,video_url,rtmp_url,title,description,admin_notes}', subject.user_id);
    data := sealed.event_data;
    personal := sealed.personal;
  end if;
  written := private.write_event('StreamRequest', subject.id, event_type, data, subject.user_id, private.event_actor(),
    personal => personal);
  topic := case when tg_op = 'UPDATE' and old.status <> new.status then 'user:' || new.user_id end;
  if topic is not null then
    perform private.announce(written, event_type, topic, event_type,
      jsonb_build_object('request_id', new.id, 'status', new.status, 'admin_notes', new.admin_notes));
  end if;
  return null;
end
$function$;
comment on function private.stream_requests_append_event() is 'Trigger: appends the events of public.stream_requests, StreamRequest by user_id. Made by record_events.';

CREATE OR REPLACE FUNCTION private.stream_sessions_append_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  subject public.stream_sessions := coalesce(new, old);
  event_type text := case
    when tg_op = 'INSERT' then 'SessionStarted'
    when tg_op = 'DELETE' then 'SessionDeleted'
    when old.is_active and not new.is_active then 'SessionEnded'
    when new.is_active and old.disconnected_at is null and new.disconnected_at is not null then 'SessionDisconnected'
    when new.is_active and old.disconnected_at is not null and new.disconnected_at is null then 'SessionResumed'
    when not new.is_active and (old.peak_viewers, old.unique_viewers, old.average_viewers, old.viewer_seconds)
      <> (new.peak_viewers, new.unique_viewers, new.average_viewers, new.viewer_seconds) then 'SessionCounted'
    else 'SessionUpdated'
  end;
  before jsonb := jsonb '{}';
  after jsonb := jsonb '{}';
  data jsonb;
  personal bytea;
  sealed private.sealed_data;
  topic text;
  written public.appended_event;
begin
  if tg_op = 'UPDATE' then
    if new.stream_id is distinct from old.stream_id then
      before := before || jsonb_build_object('stream_id', old.stream_id);
      after := after || jsonb_build_object('stream_id', new.stream_id);
    end if;
    if new.user_id is distinct from old.user_id then
      before := before || jsonb_build_object('user_id', old.user_id);
      after := after || jsonb_build_object('user_id', new.user_id);
    end if;
    if new.kind is distinct from old.kind then
      before := before || jsonb_build_object('kind', old.kind);
      after := after || jsonb_build_object('kind', new.kind);
    end if;
    if new.status is distinct from old.status then
      before := before || jsonb_build_object('status', old.status);
      after := after || jsonb_build_object('status', new.status);
    end if;
    if new.is_active is distinct from old.is_active then
      before := before || jsonb_build_object('is_active', old.is_active);
      after := after || jsonb_build_object('is_active', new.is_active);
    end if;
    if new.container_id is distinct from old.container_id then
      before := before || jsonb_build_object('container_id', old.container_id);
      after := after || jsonb_build_object('container_id', new.container_id);
    end if;
    if new.worker_id is distinct from old.worker_id then
      before := before || jsonb_build_object('worker_id', old.worker_id);
      after := after || jsonb_build_object('worker_id', new.worker_id);
    end if;
    if new.rtmp_url is distinct from old.rtmp_url then
      before := before || jsonb_build_object('rtmp_url', old.rtmp_url);
      after := after || jsonb_build_object('rtmp_url', new.rtmp_url);
    end if;
    if new.video_source is distinct from old.video_source then
      before := before || jsonb_build_object('video_source', old.video_source);
      after := after || jsonb_build_object('video_source', new.video_source);
    end if;
    if new.media_server is distinct from old.media_server then
      before := before || jsonb_build_object('media_server', old.media_server);
      after := after || jsonb_build_object('media_server', new.media_server);
    end if;
    if new.publisher_id is distinct from old.publisher_id then
      before := before || jsonb_build_object('publisher_id', old.publisher_id);
      after := after || jsonb_build_object('publisher_id', new.publisher_id);
    end if;
    if new.stream_key_id is distinct from old.stream_key_id then
      before := before || jsonb_build_object('stream_key_id', old.stream_key_id);
      after := after || jsonb_build_object('stream_key_id', new.stream_key_id);
    end if;
    if new.client_ip is distinct from old.client_ip then
      before := before || jsonb_build_object('client_ip', old.client_ip);
      after := after || jsonb_build_object('client_ip', new.client_ip);
    end if;
    if new.disconnected_at is distinct from old.disconnected_at then
      before := before || jsonb_build_object('disconnected_at', old.disconnected_at);
      after := after || jsonb_build_object('disconnected_at', new.disconnected_at);
    end if;
    if new.resumed_at is distinct from old.resumed_at then
      before := before || jsonb_build_object('resumed_at', old.resumed_at);
      after := after || jsonb_build_object('resumed_at', new.resumed_at);
    end if;
    if new.ended_reason is distinct from old.ended_reason then
      before := before || jsonb_build_object('ended_reason', old.ended_reason);
      after := after || jsonb_build_object('ended_reason', new.ended_reason);
    end if;
    if new.error is distinct from old.error then
      before := before || jsonb_build_object('error', old.error);
      after := after || jsonb_build_object('error', new.error);
    end if;
    if new.exit_code is distinct from old.exit_code then
      before := before || jsonb_build_object('exit_code', old.exit_code);
      after := after || jsonb_build_object('exit_code', new.exit_code);
    end if;
    if new.created_at is distinct from old.created_at then
      before := before || jsonb_build_object('created_at', old.created_at);
      after := after || jsonb_build_object('created_at', new.created_at);
    end if;
    if new.started_at is distinct from old.started_at then
      before := before || jsonb_build_object('started_at', old.started_at);
      after := after || jsonb_build_object('started_at', new.started_at);
    end if;
    if new.stopped_at is distinct from old.stopped_at then
      before := before || jsonb_build_object('stopped_at', old.stopped_at);
      after := after || jsonb_build_object('stopped_at', new.stopped_at);
    end if;
    if event_type = 'SessionEnded' then
      after := after || jsonb_build_object('bytes_in', new.bytes_in, 'peak_viewers', new.peak_viewers, 'unique_viewers', new.unique_viewers, 'average_viewers', new.average_viewers, 'viewer_seconds', new.viewer_seconds);
    end if;
    if event_type = 'SessionCounted' then
      after := after || jsonb_build_object('peak_viewers', new.peak_viewers, 'unique_viewers', new.unique_viewers, 'average_viewers', new.average_viewers, 'viewer_seconds', new.viewer_seconds);
    end if;
    if event_type = 'SessionDisconnected' then
      after := after || jsonb_build_object('bytes_in', new.bytes_in);
    end if;
    if after = '{}' then
      return null;
    end if;
    data := jsonb_build_object('old', before, 'new', after);
  elsif tg_op = 'INSERT' then
    data := jsonb_build_object('new', to_jsonb(new) - '{last_seen_at,bytes_in,peak_viewers,unique_viewers,average_viewers,viewer_seconds}'::text[]);
  else
    data := jsonb_build_object('old', to_jsonb(old) - '{last_seen_at,bytes_in,peak_viewers,unique_viewers,average_viewers,viewer_seconds}'::text[], 'new', null);
  end if;

  if tg_op <> 'UPDATE' or after ?| '{client_ip,rtmp_url,video_source}' then
    sealed := private.seal(data, '{client_ip,rtmp_url,video_source}', subject.user_id);
    data := sealed.event_data;
    personal := sealed.personal;
  end if;
  written := private.write_event('StreamSession', subject.id, event_type, data, subject.user_id, private.event_actor(),
    personal => personal);
  topic := case
    when event_type in ('SessionStarted', 'SessionDisconnected', 'SessionResumed', 'SessionEnded')
      then 'user:' || subject.user_id
  end;
  if topic is not null then
    perform private.announce(written, event_type, topic, event_type,
      jsonb_build_object('session_id', subject.id, 'stream_id', subject.stream_id,
    'ended_reason', subject.ended_reason));
  end if;
  return null;
end
$function$;
comment on function private.stream_sessions_append_event() is 'Trigger: appends the events of public.stream_sessions, StreamSession by user_id. Made by record_events.';

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

CREATE OR REPLACE FUNCTION private.streams_append_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  subject public.streams := coalesce(new, old);
  event_type text := case
    when tg_op = 'INSERT' then 'StreamCreated'
    when tg_op = 'DELETE' then 'StreamDeleted'
    when old.status <> 'live' and new.status = 'live' then 'StreamStarted'
    when old.ended_at is null and new.ended_at is not null then 'StreamEnded'
    when old.status <> 'disabled' and new.status = 'disabled' then 'StreamDisabled'
    when old.status = 'disabled' and new.status <> 'disabled' then 'StreamEnabled'
    when old.ended_at is not null and old.peak_viewers <> new.peak_viewers then 'StreamCounted'
    else 'StreamUpdated'
  end;
  before jsonb := jsonb '{}';
  after jsonb := jsonb '{}';
  data jsonb;
  personal bytea;
  sealed private.sealed_data;
  topic text;
  written public.appended_event;
begin
  if tg_op = 'UPDATE' then
    if new.user_id is distinct from old.user_id then
      before := before || jsonb_build_object('user_id', old.user_id);
      after := after || jsonb_build_object('user_id', new.user_id);
    end if;
    if new.title is distinct from old.title then
      before := before || jsonb_build_object('title', old.title);
      after := after || jsonb_build_object('title', new.title);
    end if;
    if new.description is distinct from old.description then
      before := before || jsonb_build_object('description', old.description);
      after := after || jsonb_build_object('description', new.description);
    end if;
    if new.category is distinct from old.category then
      before := before || jsonb_build_object('category', old.category);
      after := after || jsonb_build_object('category', new.category);
    end if;
    if new.visibility is distinct from old.visibility then
      before := before || jsonb_build_object('visibility', old.visibility);
      after := after || jsonb_build_object('visibility', new.visibility);
    end if;
    if new.status is distinct from old.status then
      before := before || jsonb_build_object('status', old.status);
      after := after || jsonb_build_object('status', new.status);
    end if;
    if new.is_live is distinct from old.is_live then
      before := before || jsonb_build_object('is_live', old.is_live);
      after := after || jsonb_build_object('is_live', new.is_live);
    end if;
    if new.disabled_by is distinct from old.disabled_by then
      before := before || jsonb_build_object('disabled_by', old.disabled_by);
      after := after || jsonb_build_object('disabled_by', new.disabled_by);
    end if;
    if new.started_at is distinct from old.started_at then
      before := before || jsonb_build_object('started_at', old.started_at);
      after := after || jsonb_build_object('started_at', new.started_at);
    end if;
    if new.ended_at is distinct from old.ended_at then
      before := before || jsonb_build_object('ended_at', old.ended_at);
      after := after || jsonb_build_object('ended_at', new.ended_at);
    end if;
    if new.expires_at is distinct from old.expires_at then
      before := before || jsonb_build_object('expires_at', old.expires_at);
      after := after || jsonb_build_object('expires_at', new.expires_at);
    end if;
    if new.settings is distinct from old.settings then
      before := before || jsonb_build_object('settings', old.settings);
      after := after || jsonb_build_object('settings', new.settings);
    end if;
    if new.topic_epoch is distinct from old.topic_epoch then
      before := before || jsonb_build_object('topic_epoch', old.topic_epoch);
      after := after || jsonb_build_object('topic_epoch', new.topic_epoch);
    end if;
    if new.topic is distinct from old.topic then
      before := before || jsonb_build_object('topic', old.topic);
      after := after || jsonb_build_object('topic', new.topic);
    end if;
    if new.created_at is distinct from old.created_at then
      before := before || jsonb_build_object('created_at', old.created_at);
      after := after || jsonb_build_object('created_at', new.created_at);
    end if;
    if new.updated_at is distinct from old.updated_at then
      before := before || jsonb_build_object('updated_at', old.updated_at);
      after := after || jsonb_build_object('updated_at', new.updated_at);
    end if;
    if event_type = 'StreamEnded' then
      after := after || jsonb_build_object('peak_viewers', new.peak_viewers);
    end if;
    if event_type = 'StreamCounted' then
      after := after || jsonb_build_object('peak_viewers', new.peak_viewers);
    end if;
    if after = '{}' then
      return null;
    end if;
    data := jsonb_build_object('old', before, 'new', after);
  elsif tg_op = 'INSERT' then
    data := jsonb_build_object('new', to_jsonb(new) - '{viewer_count,peak_viewers}'::text[]);
  else
    data := jsonb_build_object('old', to_jsonb(old) - '{viewer_count,peak_viewers}'::text[], 'new', null);
  end if;

  if tg_op <> 'UPDATE' or after ?| '{title,description,settings}' then
    sealed := private.seal(data, '{title,description,settings}', subject.user_id);
    data := sealed.event_data;
    personal := sealed.personal;
  end if;
  written := private.write_event('Stream', subject.id, event_type, data, subject.user_id, private.event_actor(),
    personal => personal);
  topic := case
    when old.topic <> new.topic then old.topic
    when event_type in ('StreamStarted', 'StreamEnded', 'StreamDisabled', 'StreamEnabled', 'StreamDeleted')
      then subject.topic
  end;
  if topic is not null then
    perform private.announce(written, event_type, topic, case when old.topic <> new.topic then 'topic' else 'status' end,
      case
    when old.topic <> new.topic then jsonb_build_object('topic', new.topic)
    else jsonb_build_object('status', coalesce(new.status, 'deleted'), 'is_live', coalesce(new.is_live, false),
      'started_at', new.started_at, 'ended_at', new.ended_at)
  end);
  end if;
  return null;
end
$function$;
comment on function private.streams_append_event() is 'Trigger: appends the events of public.streams, Stream by user_id. Made by record_events.';

CREATE OR REPLACE FUNCTION private.suggest_username(account auth.users)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  cleaned constant text := left(trim('_' from regexp_replace(
    lower(left(account.raw_user_meta_data ->> 'username', 100)), '[^a-z0-9_]+', '_', 'g')), 30);
begin
  return case
    when cleaned = '' or private.is_username_reserved(cleaned) then null
    when char_length(cleaned) < 3 then 'user_' || cleaned
    else cleaned
  end;
end
$function$;
comment on function private.suggest_username(auth.users) is 'A valid username of what the sign-up''s metadata chose, not yet unique; null where it chose none that can be had.';

CREATE OR REPLACE FUNCTION private.take_file_deletions(max_count integer DEFAULT 100)
 RETURNS SETOF public.file_deletion
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return query
    update private.file_deletions set tried_at = now()
    where (file_deletions.bucket_id, file_deletions.name) in (
      select queued.bucket_id, queued.name from private.file_deletions as queued
      order by tried_at nulls first, requested_at
      limit greatest(least(max_count, 1000), 0)
      for no key update skip locked)
    returning file_deletions.bucket_id, file_deletions.name;
end
$function$;
comment on function private.take_file_deletions(integer) is 'Files to delete now, at most 1000, those first that were tried the longest time ago: what cannot be deleted holds up nothing else. Callable by service_role.';
grant execute on function private.take_file_deletions(integer) to service_role;

CREATE OR REPLACE FUNCTION private.take_snapshot(head private.event_heads)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.store_snapshot(head);
  update private.event_heads set snapshot_due = version + greatest(private.setting_integer('events_per_snapshot'), 1)
  where aggregate_type = head.aggregate_type and aggregate_id = head.aggregate_id;
end
$function$;
comment on function private.take_snapshot(private.event_heads) is 'Snapshots an aggregate at its newest version, and says when next. The caller has locked its head.';

CREATE OR REPLACE FUNCTION private.tell_refusal(attempt private.ingest_attempt, refusal private.refusal)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  told jsonb := jsonb_build_object('rule', refusal.code, 'message', refusal.message,
    'limit_count', refusal.limit_count, 'active_count', refusal.active_count);
begin
  perform private.append_notice('Stream', attempt.stream_id, 'AdmissionRefused',
    told || jsonb_build_object('media_server', attempt.media_server, 'client_ip', attempt.client_ip,
      'key_prefix', attempt.key_prefix),
    attempt.user_id, personal => '{client_ip}', topic => 'user:' || attempt.user_id,
    payload => told || jsonb_build_object('stream_id', attempt.stream_id));
end
$function$;
comment on function private.tell_refusal(private.ingest_attempt,private.refusal) is 'Appends a refusal to the stream''s history, and tells its owner.';

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

CREATE OR REPLACE FUNCTION private.user_sessions_append_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  subject public.user_sessions := coalesce(new, old);
  event_type text := case
    when tg_op = 'INSERT' then 'DeviceRegistered'
    when tg_op = 'DELETE' then 'DeviceDeleted'
    when old.revoked_at is null and new.revoked_at is not null then 'DeviceRevoked'
    else 'DeviceUpdated'
  end;
  before jsonb := jsonb '{}';
  after jsonb := jsonb '{}';
  data jsonb;
  personal bytea;
  sealed private.sealed_data;
begin
  if tg_op = 'UPDATE' then
    if new.user_id is distinct from old.user_id then
      before := before || jsonb_build_object('user_id', old.user_id);
      after := after || jsonb_build_object('user_id', new.user_id);
    end if;
    if new.device_name is distinct from old.device_name then
      before := before || jsonb_build_object('device_name', old.device_name);
      after := after || jsonb_build_object('device_name', new.device_name);
    end if;
    if new.device_type is distinct from old.device_type then
      before := before || jsonb_build_object('device_type', old.device_type);
      after := after || jsonb_build_object('device_type', new.device_type);
    end if;
    if new.user_agent is distinct from old.user_agent then
      before := before || jsonb_build_object('user_agent', old.user_agent);
      after := after || jsonb_build_object('user_agent', new.user_agent);
    end if;
    if new.ip is distinct from old.ip then
      before := before || jsonb_build_object('ip', old.ip);
      after := after || jsonb_build_object('ip', new.ip);
    end if;
    if new.created_at is distinct from old.created_at then
      before := before || jsonb_build_object('created_at', old.created_at);
      after := after || jsonb_build_object('created_at', new.created_at);
    end if;
    if new.expires_at is distinct from old.expires_at then
      before := before || jsonb_build_object('expires_at', old.expires_at);
      after := after || jsonb_build_object('expires_at', new.expires_at);
    end if;
    if new.revoked_at is distinct from old.revoked_at then
      before := before || jsonb_build_object('revoked_at', old.revoked_at);
      after := after || jsonb_build_object('revoked_at', new.revoked_at);
    end if;
    if after = '{}' then
      return null;
    end if;
    data := jsonb_build_object('old', before, 'new', after);
  elsif tg_op = 'INSERT' then
    data := jsonb_build_object('new', to_jsonb(new) - '{last_seen_at}'::text[]);
  else
    data := jsonb_build_object('old', to_jsonb(old) - '{last_seen_at}'::text[], 'new', null);
  end if;

  if tg_op <> 'UPDATE' or after ?| '{device_name,user_agent,ip}' then
    sealed := private.seal(data, '{device_name,user_agent,ip}', subject.user_id);
    data := sealed.event_data;
    personal := sealed.personal;
  end if;
  perform private.write_event('UserSession', subject.id, event_type, data, subject.user_id, private.event_actor(),
    personal => personal);
  return null;
end
$function$;
comment on function private.user_sessions_append_event() is 'Trigger: appends the events of public.user_sessions, UserSession by user_id. Made by record_events.';

CREATE OR REPLACE FUNCTION private.users_append_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  subject public.users := coalesce(new, old);
  event_type text := case
    when tg_op = 'INSERT' then 'UserRegistered'
    when tg_op = 'DELETE' then 'UserDeleted'
    when old.role <> new.role then 'RoleChanged'
    when (old.package_type, old.package_expires_at, old.streams_allowed)
      is distinct from (new.package_type, new.package_expires_at, new.streams_allowed) then 'PackageChanged'
    else 'UserUpdated'
  end;
  before jsonb := jsonb '{}';
  after jsonb := jsonb '{}';
  data jsonb;
  personal bytea;
  sealed private.sealed_data;
begin
  if tg_op = 'UPDATE' then
    if new.email is distinct from old.email then
      before := before || jsonb_build_object('email', old.email);
      after := after || jsonb_build_object('email', new.email);
    end if;
    if new.role is distinct from old.role then
      before := before || jsonb_build_object('role', old.role);
      after := after || jsonb_build_object('role', new.role);
    end if;
    if new.first_name is distinct from old.first_name then
      before := before || jsonb_build_object('first_name', old.first_name);
      after := after || jsonb_build_object('first_name', new.first_name);
    end if;
    if new.last_name is distinct from old.last_name then
      before := before || jsonb_build_object('last_name', old.last_name);
      after := after || jsonb_build_object('last_name', new.last_name);
    end if;
    if new.package_type is distinct from old.package_type then
      before := before || jsonb_build_object('package_type', old.package_type);
      after := after || jsonb_build_object('package_type', new.package_type);
    end if;
    if new.package_expires_at is distinct from old.package_expires_at then
      before := before || jsonb_build_object('package_expires_at', old.package_expires_at);
      after := after || jsonb_build_object('package_expires_at', new.package_expires_at);
    end if;
    if new.streams_allowed is distinct from old.streams_allowed then
      before := before || jsonb_build_object('streams_allowed', old.streams_allowed);
      after := after || jsonb_build_object('streams_allowed', new.streams_allowed);
    end if;
    if new.last_login_at is distinct from old.last_login_at then
      before := before || jsonb_build_object('last_login_at', old.last_login_at);
      after := after || jsonb_build_object('last_login_at', new.last_login_at);
    end if;
    if new.verified_at is distinct from old.verified_at then
      before := before || jsonb_build_object('verified_at', old.verified_at);
      after := after || jsonb_build_object('verified_at', new.verified_at);
    end if;
    if new.created_at is distinct from old.created_at then
      before := before || jsonb_build_object('created_at', old.created_at);
      after := after || jsonb_build_object('created_at', new.created_at);
    end if;
    if new.updated_at is distinct from old.updated_at then
      before := before || jsonb_build_object('updated_at', old.updated_at);
      after := after || jsonb_build_object('updated_at', new.updated_at);
    end if;
    if after = '{}' then
      return null;
    end if;
    data := jsonb_build_object('old', before, 'new', after);
  elsif tg_op = 'INSERT' then
    data := jsonb_build_object('new', to_jsonb(new) - '{streams_active}'::text[]);
  else
    data := jsonb_build_object('old', to_jsonb(old) - '{streams_active}'::text[], 'new', null);
  end if;

  if tg_op <> 'UPDATE' or after ?| '{email,first_name,last_name}' then
    sealed := private.seal(data, '{email,first_name,last_name}', subject.id);
    data := sealed.event_data;
    personal := sealed.personal;
  end if;
  perform private.write_event('User', subject.id, event_type, data, subject.id, private.event_actor(),
    personal => personal);
  return null;
end
$function$;
comment on function private.users_append_event() is 'Trigger: appends the events of public.users, User by id. Made by record_events.';

CREATE OR REPLACE FUNCTION private.validate_stream_key(stream_key text)
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  secret text := split_part(stream_key, '?key=', 2);
begin
  return (
    select found.stream_id
    from private.stream_keys as known
    cross join lateral private.find_stream_key(known.stream_id, secret) as found
    where known.secret_hash = private.hash_stream_key(secret)
      and known.stream_id::text = lower(split_part(stream_key, '?key=', 1))
      and found.id is not null);
end
$function$;
comment on function private.validate_stream_key(text) is 'The stream that a key in its pasted form (<stream id>?key=<secret>) opens, or null. Says nothing of limits; begin_ingest decides. Callable by service_role and streams_service.';
grant execute on function private.validate_stream_key(text) to service_role;
grant execute on function private.validate_stream_key(text) to streams_service;

CREATE OR REPLACE FUNCTION private.verify_events(aggregate_type text, aggregate_id uuid)
 RETURNS public.event_proof
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  link private.event_log;
  head private.event_heads;
  base private.event_snapshots;
  chain_version bigint := 0;
  chain_hash bytea := ''::bytea;
  checked_count bigint := 0;
begin
  select * into head from private.event_heads
  where event_heads.aggregate_type = verify_events.aggregate_type
    and event_heads.aggregate_id = verify_events.aggregate_id;
  for link in
    select * from private.event_log as e
    where e.aggregate_type = verify_events.aggregate_type and e.aggregate_id = verify_events.aggregate_id
    order by e.version
  loop
    if checked_count = 0 and link.version > 1 then
      base := private.nearest_snapshot(aggregate_type, aggregate_id, null, link.version - 1);
      chain_version := coalesce(base.version, 0);
      chain_hash := coalesce(base.hash, ''::bytea);
    end if;
    if link.version <> chain_version + 1 or link.hash is distinct from private.hash_event(chain_hash, link) then
      return row(false, checked_count, chain_version + 1)::public.event_proof;
    end if;
    chain_version := link.version;
    chain_hash := link.hash;
    checked_count := checked_count + 1;
  end loop;
  if checked_count = 0 then
    base := private.nearest_snapshot(aggregate_type, aggregate_id, null, head.version);
    chain_version := coalesce(base.version, 0);
    chain_hash := coalesce(base.hash, ''::bytea);
  end if;
  if (checked_count > 0 or head.version > 0)
    and (head.version, head.hash) is distinct from (chain_version, chain_hash) then
    return row(false, checked_count, chain_version + 1)::public.event_proof;
  end if;
  return row(true, checked_count, null)::public.event_proof;
end
$function$;
comment on function private.verify_events(text,uuid) is 'Computes an aggregate''s chain of hashes anew, and names the first event that was changed, removed or inserted. Callable by service_role.';
grant execute on function private.verify_events(text,uuid) to service_role;

CREATE OR REPLACE FUNCTION private.viewer_settings()
 RETURNS public.viewer_settings
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return jsonb_populate_record(null::public.viewer_settings,
    (select jsonb_object_agg(key, value) from private.settings where key like 'viewer\_%'));
end
$function$;
comment on function private.viewer_settings() is 'The settings that begin with viewer_.';

CREATE OR REPLACE FUNCTION private.write_appending(wanted private.recording)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return format(E'\n  %s private.write_event(%L, subject.id, event_type, data, subject.%I, private.event_actor()%s);',
    case when wanted.topic is null then 'perform' else 'written :=' end, wanted.aggregate_type, wanted.owner,
    case when wanted.personal = '{}' then '' else E',\n    personal => personal' end)
    || case when wanted.topic is null then '' else format($code$
  topic := %s;
  if topic is not null then
    perform private.announce(written, event_type, topic, %s,
      %s);
  end if;$code$, wanted.topic, coalesce(wanted.broadcast, 'event_type'), wanted.payload) end;
end
$function$;
comment on function private.write_appending(private.recording) is 'The part of a recorder that appends the event, and tells a topic of it.';

CREATE OR REPLACE FUNCTION private.write_comparisons(wanted private.recording)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    select string_agg(format($code$
    if new.%1$I is distinct from old.%1$I then
      before := before || jsonb_build_object(%1$L, old.%1$I);
      after := after || jsonb_build_object(%1$L, new.%1$I);
    end if;$code$, name), '')
    from unnest(private.recorded_columns(wanted)) as name where name <> 'id');
end
$function$;
comment on function private.write_comparisons(private.recording) is 'The part of a recorder that finds what an update changed. Written out column by column: comparing two rows as jsonb takes several times as long.';

CREATE OR REPLACE FUNCTION private.write_event(aggregate_type text, aggregate_id uuid, event_type text, event_data jsonb, user_id uuid, metadata jsonb, expected_version bigint DEFAULT NULL::bigint, event_id uuid DEFAULT NULL::uuid, personal bytea DEFAULT NULL::bytea)
 RETURNS public.appended_event
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  written public.appended_event;
  moment timestamptz := clock_timestamp();
  new_hash bytea;
  due_version bigint;
begin
  update private.event_heads as head
  set version = head.version + 1,
      last_event_at = greatest(head.last_event_at, moment),
      -- As hash_event, which proves it; written out, because a call would cost every append.
      hash = sha256(head.hash || convert_to(concat_ws(chr(30), head.aggregate_type, head.aggregate_id, head.version + 1,
          event_id, event_type, event_data, metadata, user_id, encode(personal, 'hex')), 'utf8')
        || timestamptz_send(greatest(head.last_event_at, moment)))
  where head.aggregate_type = write_event.aggregate_type and head.aggregate_id = write_event.aggregate_id
    and (expected_version is null or head.version = expected_version)
  returning head.version, head.last_event_at, head.hash, head.snapshot_due
  into written.version, written.created_at, new_hash, due_version;
  if not found then
    perform private.create_head(aggregate_type, aggregate_id, expected_version);
    return private.write_event(aggregate_type, aggregate_id, event_type, event_data, user_id, metadata,
      expected_version, event_id, personal);
  end if;
  -- The position is drawn after the head is locked: so it follows the versions, and so the transaction has its id
  -- before its positions, which is what settle_events builds on.
  insert into private.event_log (id, aggregate_type, aggregate_id, version, event_type, event_data, metadata, personal,
    user_id, created_at, hash)
  values (event_id, write_event.aggregate_type, write_event.aggregate_id, written.version, write_event.event_type,
    write_event.event_data, write_event.metadata, write_event.personal, write_event.user_id, written.created_at,
    new_hash)
  returning event_log.position into written.position;
  if written.version >= due_version or written.position % 1000 = 0 then
    perform private.follow_up(aggregate_type, aggregate_id, written.position);
  end if;
  return written;
end
$function$;
comment on function private.write_event(text,uuid,text,jsonb,uuid,jsonb,bigint,uuid,bytea) is 'Appends an event; everything that appends comes here. personal: the values that event_data says "erased" for, encrypted. Raises aggregate_id_invalid, aggregate_type_invalid, version_conflict.';

CREATE OR REPLACE FUNCTION private.write_finals(wanted private.recording)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    select string_agg(format($code$
    if event_type = %L then
      after := after || jsonb_build_object(%s);
    end if;$code$, key, (
      select string_agg(format('%1$L, new.%1$I', name), ', ') from jsonb_array_elements_text(value) as name)), '')
    from jsonb_each(wanted.finals));
end
$function$;
comment on function private.write_finals(private.recording) is 'The part of a recorder that adds final values to the events that have them.';

CREATE OR REPLACE FUNCTION private.write_recorder(wanted private.recording, recorder text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return format($code$
create function %1$s()
returns trigger
language plpgsql
security definer
set search_path = ''
set timezone = 'UTC'
as $recorder$
declare
  subject %2$s := coalesce(new, old);
  event_type text := %3$s;
  before jsonb := jsonb '{}';
  after jsonb := jsonb '{}';
  data jsonb;%7$s
begin
  if tg_op = 'UPDATE' then%4$s%5$s
    if after = '{}' then
      return null;
    end if;
    data := jsonb_build_object('old', before, 'new', after);
  elsif tg_op = 'INSERT' then
    data := jsonb_build_object('new', to_jsonb(new) - %6$L::text[]);
  else
    data := jsonb_build_object('old', to_jsonb(old) - %6$L::text[], 'new', null);
  end if;
%8$s
  return null;
end
$recorder$
$code$, recorder, wanted.table_name, wanted.event, private.write_comparisons(wanted), private.write_finals(wanted),
    wanted.unrecorded,
    case when wanted.personal = '{}' then '' else E'\n  personal bytea;\n  sealed private.sealed_data;' end
      || case when wanted.topic is null then '' else E'\n  topic text;\n  written public.appended_event;' end,
    private.write_sealing(wanted) || private.write_appending(wanted));
end
$function$;
comment on function private.write_recorder(private.recording,text) is 'The statement that makes the trigger function of a recording.';

CREATE OR REPLACE FUNCTION private.write_rpc_shell(target regprocedure, must_sign_in boolean)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  rpc pg_catalog.pg_proc;
  call text;
begin
  select * into rpc from pg_catalog.pg_proc where oid = target;
  call := format('private.%I(%s)', rpc.proname,
    (select string_agg('$' || place, ', ' order by place) from generate_series(1, rpc.pronargs) as place));
  return concat_ws(E'\n',
    format('create function public.%I(%s)', rpc.proname, pg_get_function_arguments(target)),
    'returns ' || pg_get_function_result(target),
    'language plpgsql',
    case rpc.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
    'set search_path = ''''',
    'as $shell$',
    'begin',
    case when must_sign_in then
      E'  if current_user = ''anon'' then\n    perform private.require_user();\n  end if;' end,
    case
      when rpc.prorettype = 'void'::regtype then '  perform ' || call || ';'
      when rpc.proretset then '  return query select * from ' || call || ';'
      else '  return ' || call || ';'
    end,
    'end',
    '$shell$');
end
$function$;
comment on function private.write_rpc_shell(regprocedure,boolean) is 'The statement that makes a function''s shell in public. must_sign_in: anonymous callers are answered sign_in_required.';

CREATE OR REPLACE FUNCTION private.write_sealing(wanted private.recording)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return case when wanted.personal = '{}' then '' else format($code$
  if tg_op <> 'UPDATE' or after ?| %1$L then
    sealed := private.seal(data, %1$L, subject.%2$I);
    data := sealed.event_data;
    personal := sealed.personal;
  end if;$code$, wanted.personal, wanted.owner) end;
end
$function$;
comment on function private.write_sealing(private.recording) is 'The part of a recorder that encrypts personal values.';

-- Schema public ---------------------------------------------------------------------------------

grant usage on schema public to restream_worker;
grant usage on schema public to streams_service;

create type public.appended_event as (
  "position" bigint,
  version bigint,
  created_at timestamp with time zone
);
comment on type public.appended_event is 'Where an event stands.';
comment on column public.appended_event."position" is 'Its place in the whole log.';
comment on column public.appended_event.version is 'Its place within the aggregate, from 1.';

create type public.begun_viewing as (
  session_id uuid,
  started_at timestamp with time zone,
  viewer_count integer,
  settings public.viewer_settings
);
comment on type public.begun_viewing is 'What begin_viewing answers.';
comment on column public.begun_viewing.session_id is 'The stream''s session that is live.';
comment on column public.begun_viewing.started_at is 'When it began.';
comment on column public.begun_viewing.viewer_count is 'The last count that was stored.';
comment on column public.begun_viewing.settings is 'The terms for this viewer.';

create type public.claimed_session as (
  id uuid,
  source_url text,
  is_storage boolean,
  rtmp_url text,
  repeat boolean,
  attempt integer,
  lease_seconds integer
);
comment on type public.claimed_session is 'A restream session as its worker gets it, with its secrets.';
comment on column public.claimed_session.id is 'The session.';
comment on column public.claimed_session.source_url is 'Where the worker reads the video.';
comment on column public.claimed_session.is_storage is 'Whether that is a file in storage.';
comment on column public.claimed_session.rtmp_url is 'Where it is pushed to.';
comment on column public.claimed_session.repeat is 'Begin again at the end of the video, until stopped.';
comment on column public.claimed_session.attempt is 'From 1; more when workers before this one have lost it.';
comment on column public.claimed_session.lease_seconds is 'How long the worker holds it, counted anew at each renewal.';

create type public.counted_session as (
  stream_id uuid,
  session_id uuid,
  started_at timestamp with time zone,
  has_ended boolean,
  peak_viewers integer,
  viewer_seconds bigint
);
comment on type public.counted_session is 'A session of which record_viewers wants a sample, with what is stored of it.';
comment on column public.counted_session.stream_id is 'Whose session it is.';
comment on column public.counted_session.session_id is 'The session.';
comment on column public.counted_session.started_at is 'When it began.';
comment on column public.counted_session.has_ended is 'False: it is live.';
comment on column public.counted_session.peak_viewers is 'The most viewers at once that are stored.';
comment on column public.counted_session.viewer_seconds is 'What its viewers have watched together, as stored.';

create type public.created_stream as (
  stream public.streams,
  stream_key text,
  rtmp_url text
);
comment on type public.created_stream is 'What create_stream answers.';
comment on column public.created_stream.stream is 'The stream''s row.';
comment on column public.created_stream.stream_key is 'What goes into the encoder''s "stream key" field; it is shown only here.';
comment on column public.created_stream.rtmp_url is 'What goes into the encoder''s "server" field.';

create type public.ended_ingest as (
  ended boolean,
  session_id uuid
);
comment on type public.ended_ingest is 'What end_ingest answers.';
comment on column public.ended_ingest.ended is 'Whether the publisher held a session.';
comment on column public.ended_ingest.session_id is 'The session that it left; null: it held none.';

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
comment on type public.event is 'An event as readers get it. Personal values of a user whose account is gone are "erased"; data too deep to be read is {"set_aside": true}.';
comment on column public.event.user_id is 'Whose history it belongs to; null: nobody''s.';

create type public.event_proof as (
  valid boolean,
  checked bigint,
  first_broken_version bigint
);
comment on type public.event_proof is 'What verify_events found.';
comment on column public.event_proof.valid is 'Whether nobody changed, removed or inserted an event.';
comment on column public.event_proof.checked is 'How many events hold.';
comment on column public.event_proof.first_broken_version is 'The first event that does not; null: all do.';

create type public.event_snapshot as (
  version bigint,
  state jsonb,
  created_at timestamp with time zone
);
comment on type public.event_snapshot is 'The state of an aggregate after one of its events.';
comment on column public.event_snapshot.state is 'null: the aggregate had ended.';
comment on column public.event_snapshot.created_at is 'When that event happened.';

create type public.file_deletion as (
  bucket_id text,
  name text
);
comment on type public.file_deletion is 'A file that is to be deleted.';
comment on column public.file_deletion.bucket_id is 'Its bucket.';
comment on column public.file_deletion.name is 'Its path in the bucket.';

create type public.ingest_answer as (
  admitted boolean,
  session_id uuid,
  stream_id uuid,
  user_id uuid,
  resumed boolean,
  status integer,
  code text,
  message text,
  hint text
);
comment on type public.ingest_answer is 'What begin_ingest answers: a session, or a refusal.';
comment on column public.ingest_answer.admitted is 'Whether the publisher may broadcast.';
comment on column public.ingest_answer.session_id is 'The publisher''s session; null: refused.';
comment on column public.ingest_answer.stream_id is 'The session''s stream; null: refused.';
comment on column public.ingest_answer.user_id is 'Whose stream it is; null: refused.';
comment on column public.ingest_answer.resumed is 'Whether a publisher that had gone is back in its session; null: refused.';
comment on column public.ingest_answer.status is 'The refusal''s HTTP status; null: admitted.';
comment on column public.ingest_answer.code is 'stream_key_invalid, stream_limit_reached, stream_disabled, stream_already_live or stream_expired; null: admitted.';
comment on column public.ingest_answer.message is 'Why the publisher was refused; null: admitted.';
comment on column public.ingest_answer.hint is 'What to do next; null: admitted.';

create type public.job_lease as (
  begun boolean,
  run_id bigint,
  leased_until timestamp with time zone
);
comment on type public.job_lease is 'What begin_job_run answers.';
comment on column public.job_lease.begun is 'Whether a run has begun; not while another one of the job goes on.';
comment on column public.job_lease.run_id is 'The run to finish; null: none has begun.';
comment on column public.job_lease.leased_until is 'When the run that goes on counts as failed.';

create type public.play_answer as (
  allowed boolean,
  status integer,
  code text,
  message text,
  hint text
);
comment on type public.play_answer is 'What authorize_play answers.';
comment on column public.play_answer.allowed is 'Whether the player may play.';
comment on column public.play_answer.status is 'The refusal''s HTTP status; null: allowed.';
comment on column public.play_answer.code is 'stream_not_found, stream_disabled or playback_token_invalid; null: allowed.';
comment on column public.play_answer.message is 'Why the player was refused; null: allowed.';
comment on column public.play_answer.hint is 'What to do next; null: allowed.';

create type public.playback as (
  flv_url text,
  hls_url text,
  expires_at timestamp with time zone
);
comment on type public.playback is 'What get_playback answers: where to play a stream.';
comment on column public.playback.flv_url is 'Its address as HTTP-FLV; null: not offered.';
comment on column public.playback.hls_url is 'Its address as HLS; null: not offered.';
comment on column public.playback.expires_at is 'Until when the addresses can be opened; null: they do not end.';

create type public.recorded_viewers as (
  recorded integer,
  changed integer
);
comment on type public.recorded_viewers is 'What record_viewers answers.';
comment on column public.recorded_viewers.recorded is 'Samples that were stored.';
comment on column public.recorded_viewers.changed is 'Streams whose numbers changed, and which were told.';

create type public.renewed_ingest as (
  renewed text[],
  unknown text[],
  disconnected integer
);
comment on type public.renewed_ingest is 'What renew_ingest answers.';
comment on column public.renewed_ingest.renewed is 'The publishers whose leases run anew.';
comment on column public.renewed_ingest.unknown is 'The publishers whose sessions have ended: the media server should drop them.';
comment on column public.renewed_ingest.disconnected is 'How many sessions of other publishers were disconnected, because the list is complete.';

create type public.renewed_session as (
  status text,
  lease_seconds integer
);
comment on type public.renewed_session is 'What renew_session answers.';
comment on column public.renewed_session.status is 'The session''s status; stopping asks its worker to stop.';
comment on column public.renewed_session.lease_seconds is 'How long the worker holds it from now on.';

create type public.reported_session as (
  status text
);
comment on type public.reported_session is 'What report_session answers.';
comment on column public.reported_session.status is 'The session''s status now.';

create type public.rotated_stream_key as (
  stream_key text,
  previous_valid_until timestamp with time zone
);
comment on type public.rotated_stream_key is 'What rotate_stream_key answers.';
comment on column public.rotated_stream_key.stream_key is 'What goes into the encoder''s "stream key" field; it is shown only here.';
comment on column public.rotated_stream_key.previous_valid_until is 'Until when older keys work, at the latest.';

create type public.session_claim as (
  session public.claimed_session,
  rules public.worker_rules,
  retry_in_seconds numeric
);
comment on type public.session_claim is 'What claim_session answers.';
comment on column public.session_claim.session is 'The session that the worker holds from now on; null: none waits.';
comment on column public.session_claim.rules is 'What holds for its addresses; null without a session.';
comment on column public.session_claim.retry_in_seconds is 'When the next lease of another worker runs out; null with a session, and where none is held.';

create type public.viewer_settings as (
  viewer_ttl_seconds integer,
  viewer_heartbeat_seconds integer,
  viewer_beats_per_second integer,
  viewer_beats_burst integer,
  viewer_address_requests_per_second integer,
  viewer_address_requests_burst integer
);
comment on type public.viewer_settings is 'The settings of the same names, as they are for who joins now.';
comment on column public.viewer_settings.viewer_ttl_seconds is 'How long a viewer counts after its last beat.';
comment on column public.viewer_settings.viewer_heartbeat_seconds is 'How often a viewer shall beat.';
comment on column public.viewer_settings.viewer_beats_per_second is 'Beats per second, once the burst is used up.';
comment on column public.viewer_settings.viewer_beats_burst is 'Beats that a viewer may send at once.';
comment on column public.viewer_settings.viewer_address_requests_per_second is 'Requests per second of one address, once its burst is used up.';
comment on column public.viewer_settings.viewer_address_requests_burst is 'Requests that one address may send at once.';

create type public.worker_rules as (
  forbidden_networks cidr[],
  allowed_source_hosts text[],
  allowed_target_hosts text[]
);
comment on type public.worker_rules is 'Which addresses a worker may connect to.';
comment on column public.worker_rules.forbidden_networks is 'The networks that it may not.';
comment on column public.worker_rules.allowed_source_hosts is 'Hosts ("host" or "host:port") that it may read from although they are in one of these.';
comment on column public.worker_rules.allowed_target_hosts is 'Hosts ("host" or "host:port") that it may push to although they are in one of these.';

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
CREATE TRIGGER profiles_append_event AFTER INSERT OR DELETE OR UPDATE OF id, username, display_name, avatar_url, bio, created_at, updated_at ON public.profiles FOR EACH ROW EXECUTE FUNCTION private.profiles_append_event();
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
CREATE TRIGGER stream_requests_append_event AFTER INSERT OR DELETE OR UPDATE OF id, user_id, stream_id, session_id, video_source, rtmp_url, title, description, repeat, status, admin_notes, approved_by, created_at, approved_at, started_at, stopped_at ON public.stream_requests FOR EACH ROW EXECUTE FUNCTION private.stream_requests_append_event();
CREATE TRIGGER stream_requests_enforce_transitions BEFORE UPDATE OF status ON public.stream_requests FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION private.enforce_transitions('pending>approved', 'pending>rejected', 'pending>stopped', 'approved>rejected', 'approved>streaming', 'approved>stopped', 'streaming>stopped', 'streaming>rejected', 'stopped>streaming', 'stopped>rejected');
CREATE TRIGGER stream_requests_forget_addresses AFTER UPDATE OF status, approved_at ON public.stream_requests FOR EACH ROW WHEN (new.status = 'rejected'::text OR new.approved_at IS NULL) EXECUTE FUNCTION private.forget_request_addresses();

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
comment on column public.stream_sessions.ended_reason is 'ingest: disconnected, lease_expired, disabled, deleted; restream: finished, stopped, failed, lease_expired, not_started, video_replaced, disabled, deleted.';
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
CREATE TRIGGER stream_sessions_append_event AFTER INSERT OR DELETE OR UPDATE OF id, stream_id, user_id, kind, status, container_id, worker_id, rtmp_url, video_source, media_server, publisher_id, stream_key_id, client_ip, disconnected_at, resumed_at, ended_reason, error, exit_code, peak_viewers, unique_viewers, average_viewers, viewer_seconds, bytes_in, created_at, started_at, stopped_at ON public.stream_sessions FOR EACH ROW EXECUTE FUNCTION private.stream_sessions_append_event();
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
  topic_epoch integer default 0 not null,
  topic text generated always as ((('stream:'::text || (id)::text) ||
CASE
    WHEN (topic_epoch > 0) THEN (':'::text || (topic_epoch)::text)
    ELSE ''::text
END)) stored not null,
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
comment on column public.streams.topic_epoch is 'How often the stream became private.';
comment on column public.streams.topic is 'Its Realtime topic. Another one each time that the stream becomes private: whoever may not see it any more hears nothing more.';
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
CREATE TRIGGER streams_append_event AFTER INSERT OR DELETE OR UPDATE OF id, user_id, title, description, category, visibility, status, disabled_by, peak_viewers, started_at, ended_at, expires_at, settings, topic_epoch, created_at, updated_at ON public.streams FOR EACH ROW EXECUTE FUNCTION private.streams_append_event();
CREATE TRIGGER streams_enforce_transitions BEFORE UPDATE OF status ON public.streams FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION private.enforce_transitions('idle>live', 'live>idle', 'idle>disabled', 'live>disabled', 'disabled>idle');
CREATE TRIGGER streams_erase_admissions AFTER DELETE ON public.streams FOR EACH ROW EXECUTE FUNCTION private.erase_admissions();
CREATE TRIGGER streams_prepare BEFORE INSERT OR UPDATE OF title, description, category, visibility, settings ON public.streams FOR EACH ROW EXECUTE FUNCTION private.prepare_stream();
CREATE TRIGGER streams_renew_topic BEFORE UPDATE OF visibility ON public.streams FOR EACH ROW WHEN (old.visibility <> 'private'::text AND new.visibility = 'private'::text) EXECUTE FUNCTION private.renew_topic();
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
CREATE TRIGGER user_sessions_append_event AFTER INSERT OR DELETE OR UPDATE OF id, user_id, device_name, device_type, user_agent, ip, created_at, expires_at, revoked_at ON public.user_sessions FOR EACH ROW EXECUTE FUNCTION private.user_sessions_append_event();

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
CREATE TRIGGER users_append_event AFTER INSERT OR DELETE OR UPDATE OF id, email, role, first_name, last_name, package_type, package_expires_at, streams_allowed, last_login_at, verified_at, created_at, updated_at ON public.users FOR EACH ROW EXECUTE FUNCTION private.users_append_event();
CREATE TRIGGER users_check_names BEFORE INSERT OR UPDATE OF first_name, last_name ON public.users FOR EACH ROW EXECUTE FUNCTION private.check_user_names();
CREATE TRIGGER users_derive_streams_allowed BEFORE INSERT OR UPDATE OF package_type, package_expires_at, streams_allowed ON public.users FOR EACH ROW EXECUTE FUNCTION private.derive_streams_allowed();
CREATE TRIGGER users_touch_updated_at BEFORE UPDATE OF first_name, last_name, package_type, package_expires_at, streams_allowed ON public.users FOR EACH ROW EXECUTE FUNCTION private.touch_updated_at();

CREATE OR REPLACE FUNCTION public.acknowledge_events(consumer text, "position" bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.acknowledge_events($1, $2);
end
$function$;
comment on function public.acknowledge_events(text,bigint) is 'All claimed events up to this position are handled. The lease ends with the last of them. True if that was news; a repeated acknowledgement changes nothing. Raises claim_not_found, events_not_claimed. Callable by service_role.';
grant execute on function public.acknowledge_events(text,bigint) to service_role;

CREATE OR REPLACE FUNCTION public.acknowledge_file_deletions(bucket_id text, names text[])
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.acknowledge_file_deletions($1, $2);
end
$function$;
comment on function public.acknowledge_file_deletions(text,text[]) is 'Forgets those of a bucket''s files that are gone from storage, whoever deleted them, and returns how many. Callable by service_role.';
grant execute on function public.acknowledge_file_deletions(text,text[]) to service_role;

CREATE OR REPLACE FUNCTION public.append_event(aggregate_type text, aggregate_id uuid, event_type text, event_data jsonb, expected_version bigint DEFAULT NULL::bigint, user_id uuid DEFAULT NULL::uuid, metadata jsonb DEFAULT '{}'::jsonb, event_id uuid DEFAULT NULL::uuid)
 RETURNS public.appended_event
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.append_event($1, $2, $3, $4, $5, $6, $7, $8);
end
$function$;
comment on function public.append_event(text,uuid,text,jsonb,bigint,uuid,jsonb,uuid) is 'Appends an event to an aggregate and returns where it stands. expected_version: the version that the caller decided on (0: none yet); null appends in any case. The same event_id again returns the first answer and writes nothing. Raises aggregate_id_invalid, aggregate_type_invalid, event_data_invalid, event_type_invalid, metadata_invalid, and version_conflict with both numbers. Callable by service_role.';
grant execute on function public.append_event(text,uuid,text,jsonb,bigint,uuid,jsonb,uuid) to service_role;

CREATE OR REPLACE FUNCTION public.append_events(aggregate_type text, aggregate_id uuid, events jsonb, expected_version bigint DEFAULT NULL::bigint)
 RETURNS public.appended_event
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.append_events($1, $2, $3, $4);
end
$function$;
comment on function public.append_events(text,uuid,jsonb,bigint) is 'Appends 1 to 1000 events, [{event_type, event_data, user_id, metadata, event_id}], to an aggregate, all or none, with consecutive versions; returns where the last one stands. The same event ids again return the first answer. Raises aggregate_id_invalid, aggregate_type_invalid, event_data_invalid, event_id_conflict (some ids are known, others not), event_type_invalid, events_invalid, metadata_invalid, version_conflict. Callable by service_role.';
grant execute on function public.append_events(text,uuid,jsonb,bigint) to service_role;

CREATE OR REPLACE FUNCTION public.approve_stream_request(id uuid, notes text DEFAULT NULL::text)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.approve_stream_request($1, $2);
end
$function$;
comment on function public.approve_stream_request(uuid,text) is 'Lets a pending request be started; returns it. An approved one stays as it is. A file in storage is approved as it is now: one that takes its place is not pushed. For admins. Raises admin_required, notes_invalid, request_not_found, request_not_pending, sign_in_required.';
grant execute on function public.approve_stream_request(uuid,text) to anon;
grant execute on function public.approve_stream_request(uuid,text) to authenticated;
grant execute on function public.approve_stream_request(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION public.archive_events(before timestamp with time zone)
 RETURNS SETOF text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return query select * from private.archive_events($1);
end
$function$;
comment on function public.archive_events(timestamp with time zone) is 'Detaches the oldest partitions of the event log whose events are all older than `before` and have been acknowledged by every consumer; snapshots their aggregates first. Returns the names of the detached tables, which stay in the schema private until somebody dumps and drops them. What is kept replays as before; for older versions replay says so. Callable by service_role.';
grant execute on function public.archive_events(timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION public.authorize_play(stream_id uuid, token text DEFAULT NULL::text)
 RETURNS public.play_answer
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.authorize_play($1, $2);
end
$function$;
comment on function public.authorize_play(uuid,text) is 'May whoever opened a playback address with this token play? A refusal is an answer: 404 stream_not_found, 403 stream_disabled or 403 playback_token_invalid. Callable by service_role and streams_service.';
grant execute on function public.authorize_play(uuid,text) to service_role;
grant execute on function public.authorize_play(uuid,text) to streams_service;

CREATE OR REPLACE FUNCTION public.begin_ingest(stream_id uuid, key text, media_server text, publisher_id text, client_ip text DEFAULT NULL::text)
 RETURNS public.ingest_answer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.begin_ingest($1, $2, $3, $4, $5);
end
$function$;
comment on function public.begin_ingest(uuid,text,text,text,text) is 'May this publisher (a connection publisher_id of media_server, from client_ip) broadcast to the stream with this key (the secret alone)? A refusal is an answer and never an exception, so that its record commits: 401 stream_key_invalid, 402 stream_limit_reached, 403 stream_disabled, 409 stream_already_live or 410 stream_expired. The same publisher asking again gets the same answer and the same session. Raises media_server_invalid, publisher_id_invalid. Callable by service_role and streams_service.';
grant execute on function public.begin_ingest(uuid,text,text,text,text) to service_role;
grant execute on function public.begin_ingest(uuid,text,text,text,text) to streams_service;

CREATE OR REPLACE FUNCTION public.begin_job_run(job_name text)
 RETURNS public.job_lease
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.begin_job_run($1);
end
$function$;
comment on function public.begin_job_run(text) is 'Begins a run of a scheduled job, unless another run of it goes on. A run that outlives the job''s timeout is recorded as failed when the next one begins. Raises job_not_found. Callable by service_role.';
grant execute on function public.begin_job_run(text) to service_role;

CREATE OR REPLACE FUNCTION public.begin_viewing(stream_id uuid)
 RETURNS public.begun_viewing
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.begin_viewing($1);
end
$function$;
comment on function public.begin_viewing(uuid) is 'What the edge function viewer asks before it counts a viewer, for whoever get_stream lets see the stream. Writes nothing. Raises stream_not_found, stream_not_live.';
grant execute on function public.begin_viewing(uuid) to anon;
grant execute on function public.begin_viewing(uuid) to authenticated;
grant execute on function public.begin_viewing(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.cancel_stream_request(id uuid)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.cancel_stream_request($1);
end
$function$;
comment on function public.cancel_stream_request(uuid) is 'Gives a request up for good and returns it: it is stopped, or, where it is streaming, will be when its session has ended. A rejected one stays as it is. For the owner and admins. Raises request_not_found, sign_in_required.';
grant execute on function public.cancel_stream_request(uuid) to anon;
grant execute on function public.cancel_stream_request(uuid) to authenticated;
grant execute on function public.cancel_stream_request(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.claim_events(consumer text, max_count integer DEFAULT 100, lease_seconds integer DEFAULT 60, member integer DEFAULT NULL::integer, size integer DEFAULT 1)
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return query select * from private.claim_events($1, $2, $3, $4, $5);
end
$function$;
comment on function public.claim_events(text,integer,integer,integer,integer) is 'The next events of a consumer (made by its first claim, from the beginning of the log), at most max_count (1 to 1000), leased for lease_seconds (1 to 86400): handle them, then acknowledge_events with the last position. Not acknowledged in time, they are handed out again. With size > 1 that many members share the log by aggregate; member names one (0 to size - 1), null takes any that is free. No rows: nothing to do, or all members are leased. Raises consumer_busy (another size while members are at work), consumer_invalid, lease_seconds_invalid, max_count_invalid, member_invalid, size_invalid. Callable by service_role.';
grant execute on function public.claim_events(text,integer,integer,integer,integer) to service_role;

CREATE OR REPLACE FUNCTION public.claim_session(worker_id text, lease_seconds integer)
 RETURNS public.session_claim
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.claim_session($1, $2);
end
$function$;
comment on function public.claim_session(text,integer) is 'Gives the worker the session that has waited longest, for lease_seconds (10 to 3600), with the real source and target; or says when to ask again. Raises lease_seconds_invalid, worker_id_invalid. Callable by restream_worker and service_role.';
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
comment on function public.cleanup_orphaned_streams() is 'Settles restream sessions that were lost (worker''s lease ran out, or starting for too long): queued anew up to restream_max_requeues times, then error with a reason; stopped where that was asked for. Run by the job cleanup-orphaned-streams and by each claim. Returns how many; those being changed at the moment wait for the next run. Callable by service_role and streams_service.';
grant execute on function public.cleanup_orphaned_streams() to service_role;
grant execute on function public.cleanup_orphaned_streams() to streams_service;

CREATE OR REPLACE FUNCTION public.create_snapshot(aggregate_type text, aggregate_id uuid, version bigint, state jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.create_snapshot($1, $2, $3, $4);
end
$function$;
comment on function public.create_snapshot(text,uuid,bigint,jsonb) is 'Stores an aggregate''s state after one of its events, as an application that folds events its own way computed it; true if there was none. It is kept as it is, so leave personal values out. Snapshots are also taken by themselves, every events_per_snapshot events. Raises event_not_found, and state_invalid past 1 MB. Callable by service_role.';
grant execute on function public.create_snapshot(text,uuid,bigint,jsonb) to service_role;

CREATE OR REPLACE FUNCTION public.create_stream(title text, description text DEFAULT NULL::text, visibility text DEFAULT 'public'::text, category text DEFAULT NULL::text, settings jsonb DEFAULT '{}'::jsonb)
 RETURNS public.created_stream
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.create_stream($1, $2, $3, $4, $5);
end
$function$;
comment on function public.create_stream(text,text,text,text,jsonb) is 'Makes a stream and its first key. For signed-in users. Raises category_invalid, description_invalid, max_streams_reached, settings_invalid, sign_in_required, title_invalid, visibility_invalid.';
grant execute on function public.create_stream(text,text,text,text,jsonb) to anon;
grant execute on function public.create_stream(text,text,text,text,jsonb) to authenticated;
grant execute on function public.create_stream(text,text,text,text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION public.delete_account()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  perform private.delete_account();
end
$function$;
comment on function public.delete_account() is 'Deletes the caller''s account with all that is theirs, for good: broadcasts end, personal values in the event log are erased. docs/personal-data.md says what is kept. For signed-in users. Raises last_admin, sign_in_required.';
grant execute on function public.delete_account() to anon;
grant execute on function public.delete_account() to authenticated;
grant execute on function public.delete_account() to service_role;

CREATE OR REPLACE FUNCTION public.delete_stream(stream_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  perform private.delete_stream($1);
end
$function$;
comment on function public.delete_stream(uuid) is 'Ends a stream''s running session and deletes the stream with its keys and sessions. For the owner and admins. Raises sign_in_required, stream_not_found.';
grant execute on function public.delete_stream(uuid) to anon;
grant execute on function public.delete_stream(uuid) to authenticated;
grant execute on function public.delete_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.disable_stream(stream_id uuid)
 RETURNS public.streams
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.disable_stream($1);
end
$function$;
comment on function public.disable_stream(uuid) is 'Ends a stream''s running session and admits no publisher until enable_stream; returns the row. For the owner and admins. Raises sign_in_required, stream_not_found.';
grant execute on function public.disable_stream(uuid) to anon;
grant execute on function public.disable_stream(uuid) to authenticated;
grant execute on function public.disable_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.enable_stream(stream_id uuid)
 RETURNS public.streams
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.enable_stream($1);
end
$function$;
comment on function public.enable_stream(uuid) is 'Lets a disabled stream be broadcast to again; returns the row. For the owner and admins. Raises disabled_by_admin, sign_in_required, stream_not_found.';
grant execute on function public.enable_stream(uuid) to anon;
grant execute on function public.enable_stream(uuid) to authenticated;
grant execute on function public.enable_stream(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.end_ingest(media_server text, publisher_id text, bytes_in bigint DEFAULT NULL::bigint)
 RETURNS public.ended_ingest
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.end_ingest($1, $2, $3);
end
$function$;
comment on function public.end_ingest(text,text,bigint) is 'A publisher went: its session is disconnected and stops when the reconnect grace is over (reap_sessions), unless it comes back. bytes_in: what it sent over this connection. A publisher that holds no session changes nothing. Raises media_server_invalid, publisher_id_invalid. Callable by service_role and streams_service.';
grant execute on function public.end_ingest(text,text,bigint) to service_role;
grant execute on function public.end_ingest(text,text,bigint) to streams_service;

CREATE OR REPLACE FUNCTION public.event_consumers()
 RETURNS TABLE(consumer text, size integer, acknowledged_position bigint, lag bigint, leased_members bigint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return query select * from private.event_consumers();
end
$function$;
comment on function public.event_consumers() is 'Each consumer with how far its slowest member has come (acknowledged_position), how many positions it lags behind the newest, and how many of its members hold a lease. For admins. Raises admin_required, sign_in_required.';
grant execute on function public.event_consumers() to anon;
grant execute on function public.event_consumers() to authenticated;
grant execute on function public.event_consumers() to service_role;

CREATE OR REPLACE FUNCTION public.expire_packages()
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.expire_packages();
end
$function$;
comment on function public.expire_packages() is 'Lets users.streams_allowed follow packages that ran out (admission looks at the expiry itself); run by the job expire-packages. Returns how many users changed. Callable by service_role.';
grant execute on function public.expire_packages() to service_role;

CREATE OR REPLACE FUNCTION public.finish_job_run(job_name text, run_id bigint, ok boolean, result jsonb DEFAULT NULL::jsonb, error text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.finish_job_run($1, $2, $3, $4, $5);
end
$function$;
comment on function public.finish_job_run(text,bigint,boolean,jsonb,text) is 'Records how a run ended, and lets the job run again. A result of null, 0, {} or [] means that there was nothing to do: that is not recorded. True if it was news: false for a run that has ended already, by itself or as timed out. Raises result_invalid past 256 kB. Callable by service_role.';
grant execute on function public.finish_job_run(text,bigint,boolean,jsonb,text) to service_role;

CREATE OR REPLACE FUNCTION public.get_admissions(stream_id uuid, since timestamp with time zone DEFAULT (now() - '1 day'::interval), until timestamp with time zone DEFAULT 'infinity'::timestamp with time zone, max_count integer DEFAULT 100)
 RETURNS TABLE(created_at timestamp with time zone, admitted boolean, rule text, message text, session_id uuid, media_server text, client_ip inet, key_prefix text, limit_count integer, active_count integer, attempts integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return query select * from private.get_admissions($1, $2, $3, $4);
end
$function$;
comment on function public.get_admissions(uuid,timestamp with time zone,timestamp with time zone,integer) is 'Why publishers of a stream were admitted or refused, newest first, at most 1000 of since <= created_at < until. Wrong keys from one address within a minute are one row with their number in attempts. For the stream''s owner and admins. Raises sign_in_required, stream_not_found.';
grant execute on function public.get_admissions(uuid,timestamp with time zone,timestamp with time zone,integer) to anon;
grant execute on function public.get_admissions(uuid,timestamp with time zone,timestamp with time zone,integer) to authenticated;
grant execute on function public.get_admissions(uuid,timestamp with time zone,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION public.get_audit_trail(user_id uuid, since timestamp with time zone DEFAULT NULL::timestamp with time zone, until timestamp with time zone DEFAULT NULL::timestamp with time zone, max_count integer DEFAULT 100, before_position bigint DEFAULT NULL::bigint)
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return query select * from private.get_audit_trail($1, $2, $3, $4, $5);
end
$function$;
comment on function public.get_audit_trail(uuid,timestamp with time zone,timestamp with time zone,integer,bigint) is 'What happened to a user and to what is theirs, newest first, of since <= created_at < until, at most max_count (1 to 1000). The next page: before_position = the last position read. For signed-in users their own, for admins anyone''s. Raises audit_trail_forbidden, max_count_invalid, sign_in_required.';
grant execute on function public.get_audit_trail(uuid,timestamp with time zone,timestamp with time zone,integer,bigint) to anon;
grant execute on function public.get_audit_trail(uuid,timestamp with time zone,timestamp with time zone,integer,bigint) to authenticated;
grant execute on function public.get_audit_trail(uuid,timestamp with time zone,timestamp with time zone,integer,bigint) to service_role;

CREATE OR REPLACE FUNCTION public.get_counted_sessions()
 RETURNS public.counted_session[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.get_counted_sessions();
end
$function$;
comment on function public.get_counted_sessions() is 'The sessions of which record_viewers wants a sample: all that are live, and those that ended within the last minute until their end is recorded. One array, because the API cuts rows off after max_rows. Callable by service_role.';
grant execute on function public.get_counted_sessions() to service_role;

CREATE OR REPLACE FUNCTION public.get_events(aggregate_type text, aggregate_id uuid, from_version bigint DEFAULT 1, max_count integer DEFAULT 100)
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query select * from private.get_events($1, $2, $3, $4);
end
$function$;
comment on function public.get_events(text,uuid,bigint,integer) is 'An aggregate''s events in the order of their versions, from from_version on, at most max_count (1 to 1000). Raises max_count_invalid. Callable by service_role.';
grant execute on function public.get_events(text,uuid,bigint,integer) to service_role;

CREATE OR REPLACE FUNCTION public.get_job_runs(name text, max_count integer DEFAULT 100)
 RETURNS TABLE(id bigint, job_name text, started_at timestamp with time zone, finished_at timestamp with time zone, ok boolean, result jsonb, error text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return query select * from private.get_job_runs($1, $2);
end
$function$;
comment on function public.get_job_runs(text,integer) is 'The last runs of a scheduled job that did something or failed, newest first, at most 1000; before them the one that goes on now, if any (ok is null). For admins. Raises admin_required, sign_in_required.';
grant execute on function public.get_job_runs(text,integer) to anon;
grant execute on function public.get_job_runs(text,integer) to authenticated;
grant execute on function public.get_job_runs(text,integer) to service_role;

CREATE OR REPLACE FUNCTION public.get_playback(stream_id uuid)
 RETURNS public.playback
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.get_playback($1);
end
$function$;
comment on function public.get_playback(uuid) is 'Where to play a live stream. Addresses of unlisted and private streams carry a token that can be opened until expires_at; those of public streams do not end. For whoever get_stream lets see it. Raises stream_not_found, stream_not_live.';
grant execute on function public.get_playback(uuid) to anon;
grant execute on function public.get_playback(uuid) to authenticated;
grant execute on function public.get_playback(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.get_settings()
 RETURNS TABLE(key text, value jsonb, comment text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return query select * from private.get_settings();
end
$function$;
comment on function public.get_settings() is 'All settings with their values and meaning. For admins. Raises admin_required, sign_in_required.';
grant execute on function public.get_settings() to anon;
grant execute on function public.get_settings() to authenticated;
grant execute on function public.get_settings() to service_role;

CREATE OR REPLACE FUNCTION public.get_snapshot(aggregate_type text, aggregate_id uuid, at_version bigint DEFAULT NULL::bigint)
 RETURNS SETOF public.event_snapshot
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query select * from private.get_snapshot($1, $2, $3);
end
$function$;
comment on function public.get_snapshot(text,uuid,bigint) is 'The newest snapshot of an aggregate, or the newest at or before a version; no row where there is none. Callable by service_role.';
grant execute on function public.get_snapshot(text,uuid,bigint) to service_role;

CREATE OR REPLACE FUNCTION public.get_stream(stream_id uuid)
 RETURNS public.streams
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.get_stream($1);
end
$function$;
comment on function public.get_stream(uuid) is 'A stream by its id: public and unlisted ones for everybody, private ones for their owner and admins. Raises stream_not_found.';
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
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return query select * from private.get_stream_health($1, $2, $3);
end
$function$;
comment on function public.get_stream_health(uuid,timestamp with time zone,integer) is 'How a restream session goes, newest first, a row every 10 s, at most 10000: bitrate in kbit/s, frames per second, speed (1 is real time), dropped frames and seconds pushed so far. For the owner and admins. Raises session_not_found, sign_in_required.';
grant execute on function public.get_stream_health(uuid,timestamp with time zone,integer) to anon;
grant execute on function public.get_stream_health(uuid,timestamp with time zone,integer) to authenticated;
grant execute on function public.get_stream_health(uuid,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION public.get_stream_keys(stream_id uuid)
 RETURNS TABLE(id uuid, prefix text, created_at timestamp with time zone, expires_at timestamp with time zone, revoked_at timestamp with time zone, last_used_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return query select * from private.get_stream_keys($1);
end
$function$;
comment on function public.get_stream_keys(uuid) is 'A stream''s newest 100 keys by their first 8 characters, never the secret. For the owner. Raises sign_in_required, stream_not_found.';
grant execute on function public.get_stream_keys(uuid) to anon;
grant execute on function public.get_stream_keys(uuid) to authenticated;
grant execute on function public.get_stream_keys(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.get_viewer_count(stream_id uuid)
 RETURNS integer
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.get_viewer_count($1);
end
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
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return query select * from private.get_viewer_history($1, $2, $3, $4);
end
$function$;
comment on function public.get_viewer_history(uuid,timestamp with time zone,timestamp with time zone,integer) is 'Viewers over time, for charts: for each bucket of since <= time < until that has samples its begin and the average, highest and last number of viewers at once. bucket_seconds: 10 to 86400, and at most 10000 buckets. For the stream''s owner and admins. Raises bucket_seconds_invalid, range_invalid, sign_in_required, stream_not_found.';
grant execute on function public.get_viewer_history(uuid,timestamp with time zone,timestamp with time zone,integer) to anon;
grant execute on function public.get_viewer_history(uuid,timestamp with time zone,timestamp with time zone,integer) to authenticated;
grant execute on function public.get_viewer_history(uuid,timestamp with time zone,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION public.maintain_partitions()
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.maintain_partitions();
end
$function$;
comment on function public.maintain_partitions() is 'Makes the partitions that the log tables need next and drops those past their keeping; run by the job maintain-partitions. Returns how many were dropped. Callable by service_role.';
grant execute on function public.maintain_partitions() to service_role;

CREATE OR REPLACE FUNCTION public.my_linked_accounts()
 RETURNS TABLE(provider text, provider_account_id text, linked_at timestamp with time zone, last_sign_in_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return query select * from private.my_linked_accounts();
end
$function$;
comment on function public.my_linked_accounts() is 'The sign-in providers linked to the caller''s account, without any token. For signed-in users. Raises sign_in_required.';
grant execute on function public.my_linked_accounts() to anon;
grant execute on function public.my_linked_accounts() to authenticated;
grant execute on function public.my_linked_accounts() to service_role;

CREATE OR REPLACE FUNCTION public.provide_session_source(session_id uuid, source_url text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.provide_session_source($1, $2);
end
$function$;
comment on function public.provide_session_source(uuid,text) is 'Gives a session the signed URL of its file in storage, so that workers can claim it. Nothing happens to a session that has ended or reads from elsewhere. Raises source_url_invalid. Callable by service_role.';
grant execute on function public.provide_session_source(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION public.read_events(after_position bigint DEFAULT 0, max_count integer DEFAULT 100, aggregate_type text DEFAULT NULL::text, event_types text[] DEFAULT NULL::text[])
 RETURNS SETOF public.event
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return query select * from private.read_events($1, $2, $3, $4);
end
$function$;
comment on function public.read_events(bigint,integer,text,text[]) is 'The log in order, after a position, at most max_count (1 to 1000), of one aggregate type and some event types where given. Call again with the last position read: no event is passed over, however late its transaction commits; what may still change is left for the next call. Raises max_count_invalid. Callable by service_role.';
grant execute on function public.read_events(bigint,integer,text,text[]) to service_role;

CREATE OR REPLACE FUNCTION public.reap_sessions()
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.reap_sessions();
end
$function$;
comment on function public.reap_sessions() is 'Stops the ingest sessions whose publisher did not come back within the reconnect grace, and those whose media server has not been heard of for the lease; run by the job reap-sessions. Returns how many. Users that are being changed at the moment wait for the next run. Callable by service_role and streams_service.';
grant execute on function public.reap_sessions() to service_role;
grant execute on function public.reap_sessions() to streams_service;

CREATE OR REPLACE FUNCTION public.record_viewers(samples jsonb)
 RETURNS public.recorded_viewers
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.record_viewers($1);
end
$function$;
comment on function public.record_viewers(jsonb) is 'Writes what Redis counted, [{stream_id, session_id, at_ms, viewers, peak, uniques, viewer_seconds}] (totals since the session began, at at_ms milliseconds since 1970), to streams, sessions and history, and tells each stream whose number changed. A sample that is not newer than the last one of its session changes nothing, nor does one of a session that has ended, but for the first that was taken after its end within a minute: that one counts as of the end, and its numbers are the event SessionCounted. One of a row that is being changed at the moment is left for the next. Raises samples_invalid. Callable by service_role.';
grant execute on function public.record_viewers(jsonb) to service_role;

CREATE OR REPLACE FUNCTION public.register_device(device_name text, device_type text)
 RETURNS public.user_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.register_device($1, $2);
end
$function$;
comment on function public.register_device(text,text) is 'Names the device of the caller''s session, or says that it is still in use; returns its row. For signed-in users. Raises device_name_invalid, device_type_invalid, session_required, session_revoked, sign_in_required.';
grant execute on function public.register_device(text,text) to anon;
grant execute on function public.register_device(text,text) to authenticated;
grant execute on function public.register_device(text,text) to service_role;

CREATE OR REPLACE FUNCTION public.reject_stream_request(id uuid, notes text DEFAULT NULL::text)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.reject_stream_request($1, $2);
end
$function$;
comment on function public.reject_stream_request(uuid,text) is 'Refuses a request for good, or takes an approval back and stops what is streaming; returns it. For admins. Raises admin_required, notes_invalid, request_not_found, sign_in_required.';
grant execute on function public.reject_stream_request(uuid,text) to anon;
grant execute on function public.reject_stream_request(uuid,text) to authenticated;
grant execute on function public.reject_stream_request(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION public.renew_ingest(media_server text, publisher_ids text[], is_complete boolean DEFAULT false)
 RETURNS public.renewed_ingest
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.renew_ingest($1, $2, $3);
end
$function$;
comment on function public.renew_ingest(text,text[],boolean) is 'A media server says which publishers it has; their leases run anew. With is_complete the list is everything it has, and its other sessions are disconnected. Raises media_server_invalid, publisher_ids_invalid. Callable by service_role and streams_service.';
grant execute on function public.renew_ingest(text,text[],boolean) to service_role;
grant execute on function public.renew_ingest(text,text[],boolean) to streams_service;

CREATE OR REPLACE FUNCTION public.renew_session(session_id uuid, worker_id text, stats jsonb DEFAULT NULL::jsonb)
 RETURNS public.renewed_session
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.renew_session($1, $2, $3);
end
$function$;
comment on function public.renew_session(uuid,text,jsonb) is 'The worker''s lease runs anew. stats, {bitrate_kbps, fps, speed, dropped_frames, out_seconds}, go to get_stream_health. A session whose file in storage was replaced is to stop. Raises lease_lost (stop pushing at once), stats_invalid. Callable by restream_worker and service_role.';
grant execute on function public.renew_session(uuid,text,jsonb) to restream_worker;
grant execute on function public.renew_session(uuid,text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION public.replay(aggregate_type text, aggregate_id uuid, as_of timestamp with time zone DEFAULT NULL::timestamp with time zone, at_version bigint DEFAULT NULL::bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.replay($1, $2, $3, $4);
end
$function$;
comment on function public.replay(text,uuid,timestamp with time zone,bigint) is 'The state of an aggregate as of a moment, at a version, or now: the nearest snapshot plus the events after it. Null before its first event, and after its end. Personal values of a user whose account is gone are "erased". Raises events_archived for a time whose events have been archived. Callable by service_role.';
grant execute on function public.replay(text,uuid,timestamp with time zone,bigint) to service_role;

CREATE OR REPLACE FUNCTION public.report_session(session_id uuid, worker_id text, status text, container_id text DEFAULT NULL::text, error text DEFAULT NULL::text, exit_code integer DEFAULT NULL::integer)
 RETURNS public.reported_session
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return private.report_session($1, $2, $3, $4, $5, $6);
end
$function$;
comment on function public.report_session(uuid,text,text,text,text,integer) is 'The worker says what became of its session: running (it pushes; container_id where it has one), stopped (the video ended, or it was asked to), error (with what ffmpeg said last and its exit code), starting (it gives the session back to the queue). The same end told twice is answered twice. Raises container_id_invalid, lease_lost, status_invalid. Callable by restream_worker and service_role.';
grant execute on function public.report_session(uuid,text,text,text,text,integer) to restream_worker;
grant execute on function public.report_session(uuid,text,text,text,text,integer) to service_role;

CREATE OR REPLACE FUNCTION public.request_stream(video_source text, rtmp_url text, title text, description text DEFAULT NULL::text, repeat boolean DEFAULT false)
 RETURNS public.stream_requests
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.request_stream($1, $2, $3, $4, $5);
end
$function$;
comment on function public.request_stream(text,text,text,text,boolean) is 'Asks for a video to be pushed to an RTMP address elsewhere; returns the request, its key masked. video_source: an http(s) address, or videos/<your id>/<file> in storage. rtmp_url: rtmp:// or rtmps:// with application and key. repeat: until stopped. For signed-in users. Raises description_invalid, max_requests_reached, rtmp_url_forbidden, rtmp_url_invalid, sign_in_required, title_invalid, video_not_found, video_source_forbidden, video_source_invalid.';
grant execute on function public.request_stream(text,text,text,text,boolean) to anon;
grant execute on function public.request_stream(text,text,text,text,boolean) to authenticated;
grant execute on function public.request_stream(text,text,text,text,boolean) to service_role;

CREATE OR REPLACE FUNCTION public.revoke_session(id uuid)
 RETURNS public.user_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.revoke_session($1);
end
$function$;
comment on function public.revoke_session(uuid) is 'Signs one of the caller''s devices out: its refresh token ends at once, its access token at its expiry. Returns the row; a second call changes nothing. For signed-in users. Raises device_not_found, sign_in_required.';
grant execute on function public.revoke_session(uuid) to anon;
grant execute on function public.revoke_session(uuid) to authenticated;
grant execute on function public.revoke_session(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.rotate_stream_key(stream_id uuid, grace_seconds integer DEFAULT 0)
 RETURNS public.rotated_stream_key
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.rotate_stream_key($1, $2);
end
$function$;
comment on function public.rotate_stream_key(uuid,integer) is 'Gives a stream a new key. Older keys work for grace_seconds more (0 to 604800); a broadcast under way goes on. For the owner. Raises grace_seconds_invalid, sign_in_required, stream_not_found.';
grant execute on function public.rotate_stream_key(uuid,integer) to anon;
grant execute on function public.rotate_stream_key(uuid,integer) to authenticated;
grant execute on function public.rotate_stream_key(uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION public.set_setting(key text, value jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.set_setting($1, $2);
end
$function$;
comment on function public.set_setting(text,jsonb) is 'Changes a setting to a value of the same JSON type and returns it. For admins. Raises admin_required, setting_not_found, sign_in_required, value_invalid.';
grant execute on function public.set_setting(text,jsonb) to anon;
grant execute on function public.set_setting(text,jsonb) to authenticated;
grant execute on function public.set_setting(text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION public.set_user_package(user_id uuid, package_type text, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS public.users
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.set_user_package($1, $2, $3);
end
$function$;
comment on function public.set_user_package(uuid,text,timestamp with time zone) is 'Gives a user a package until expires_at (null: no end), or none; returns the changed row. For admins. Raises admin_required, expires_at_invalid, package_type_invalid, sign_in_required, user_not_found.';
grant execute on function public.set_user_package(uuid,text,timestamp with time zone) to anon;
grant execute on function public.set_user_package(uuid,text,timestamp with time zone) to authenticated;
grant execute on function public.set_user_package(uuid,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION public.set_user_role(user_id uuid, role text)
 RETURNS public.users
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.set_user_role($1, $2);
end
$function$;
comment on function public.set_user_role(uuid,text) is 'Gives a user the role user, moderator or admin; returns the changed row. For admins. Raises admin_required, last_admin, role_invalid, sign_in_required, user_not_found.';
grant execute on function public.set_user_role(uuid,text) to anon;
grant execute on function public.set_user_role(uuid,text) to authenticated;
grant execute on function public.set_user_role(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION public.start_stream_request(request_id uuid)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.start_stream_request($1);
end
$function$;
comment on function public.start_stream_request(uuid) is 'Starts an approved request, or one that stopped: returns its session, starting; the active one where it is streaming already. A file in storage waits for provide_session_source, so call the edge function stream-start. For the owner and admins. Raises max_streams_reached, request_not_approved, request_not_found, sign_in_required, stream_disabled, stream_expired, stream_limit_reached, video_changed.';
grant execute on function public.start_stream_request(uuid) to anon;
grant execute on function public.start_stream_request(uuid) to authenticated;
grant execute on function public.start_stream_request(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.stop_restream(session_id uuid)
 RETURNS public.stream_sessions
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if current_user = 'anon' then
    perform private.require_user();
  end if;
  return private.stop_restream($1);
end
$function$;
comment on function public.stop_restream(uuid) is 'Asks for a restream session to be stopped and returns it: stopping while its worker ends it, stopped if none has it; one that ended stays as it is. For the owner and admins. Raises session_not_found, session_not_restream, sign_in_required.';
grant execute on function public.stop_restream(uuid) to anon;
grant execute on function public.stop_restream(uuid) to authenticated;
grant execute on function public.stop_restream(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.take_file_deletions(max_count integer DEFAULT 100)
 RETURNS SETOF public.file_deletion
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return query select * from private.take_file_deletions($1);
end
$function$;
comment on function public.take_file_deletions(integer) is 'Files to delete now, at most 1000, those first that were tried the longest time ago: what cannot be deleted holds up nothing else. Callable by service_role.';
grant execute on function public.take_file_deletions(integer) to service_role;

CREATE OR REPLACE FUNCTION public.validate_stream_key(stream_key text)
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.validate_stream_key($1);
end
$function$;
comment on function public.validate_stream_key(text) is 'The stream that a key in its pasted form (<stream id>?key=<secret>) opens, or null. Says nothing of limits; begin_ingest decides. Callable by service_role and streams_service.';
grant execute on function public.validate_stream_key(text) to service_role;
grant execute on function public.validate_stream_key(text) to streams_service;

CREATE OR REPLACE FUNCTION public.verify_events(aggregate_type text, aggregate_id uuid)
 RETURNS public.event_proof
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return private.verify_events($1, $2);
end
$function$;
comment on function public.verify_events(text,uuid) is 'Computes an aggregate''s chain of hashes anew, and names the first event that was changed, removed or inserted. Callable by service_role.';
grant execute on function public.verify_events(text,uuid) to service_role;

-- Schema auth -----------------------------------------------------------------------------------

CREATE TRIGGER streambed_handle_changed_user AFTER UPDATE OF email, email_confirmed_at, last_sign_in_at ON auth.users FOR EACH ROW EXECUTE FUNCTION private.handle_changed_user();
CREATE TRIGGER streambed_handle_deleted_user BEFORE DELETE ON auth.users FOR EACH ROW EXECUTE FUNCTION private.handle_deleted_user();
CREATE TRIGGER streambed_handle_new_user AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION private.handle_new_user();

-- Schema realtime -------------------------------------------------------------------------------

create policy stream_topics_select on realtime.messages for select to anon, authenticated
  using (extension = 'broadcast'::text AND ( SELECT private.may_join_stream_topic(( SELECT realtime.topic() AS topic)) AS may_join_stream_topic));
create policy user_topics_select on realtime.messages for select to authenticated
  using (extension = 'broadcast'::text AND (( SELECT realtime.topic() AS topic)) = ('user:'::text || (( SELECT auth.uid() AS uid))));

-- Schema storage --------------------------------------------------------------------------------

insert into storage.buckets (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types) values ('videos', 'videos', NULL, NULL, 'false', NULL, NULL);

create policy videos_delete on storage.objects for delete to authenticated
  using (bucket_id = 'videos'::text AND (storage.foldername(name))[1] = ((( SELECT auth.uid() AS uid))::text));
create policy videos_insert on storage.objects for insert to authenticated
  with check (bucket_id = 'videos'::text AND (storage.foldername(name))[1] = (( SELECT users.id::text AS id
   FROM public.users
  WHERE users.id = (( SELECT auth.uid() AS uid)))));
create policy videos_select on storage.objects for select to authenticated
  using (bucket_id = 'videos'::text AND (storage.foldername(name))[1] = ((( SELECT auth.uid() AS uid))::text));
create policy videos_update on storage.objects for update to authenticated
  using (bucket_id = 'videos'::text AND (storage.foldername(name))[1] = ((( SELECT auth.uid() AS uid))::text))
  with check (bucket_id = 'videos'::text AND (storage.foldername(name))[1] = (( SELECT users.id::text AS id
   FROM public.users
  WHERE users.id = (( SELECT auth.uid() AS uid)))));

-- Supabase has this, the migrations take it away ------------------------------------------------

-- alter default privileges for role postgres in schema public grant delete, insert, maintain, references, select, trigger, truncate, update on tables to anon;
-- alter default privileges for role postgres in schema public grant delete, insert, maintain, references, select, trigger, truncate, update on tables to authenticated;
-- alter default privileges for role postgres in schema public grant execute on functions to anon;
-- alter default privileges for role postgres in schema public grant execute on functions to authenticated;
-- alter default privileges for role postgres in schema public grant select, update, usage on sequences to anon;
-- alter default privileges for role postgres in schema public grant select, update, usage on sequences to authenticated;
