-- Streams: the domain's errors and role, and what a broadcaster owns and viewers see.

insert into private.errors (domain, code, status, hint) values
  ('streams', 'category_invalid', 400, 'Choose one of the setting stream_categories, or null for none.'),
  ('streams', 'description_invalid', 400, 'Give at most 5000 characters; line breaks are allowed.'),
  ('streams', 'disabled_by_admin', 403, 'Ask support to enable it.'),
  ('streams', 'grace_seconds_invalid', 400, 'Give how long the old key shall still work, at most a week.'),
  ('streams', 'max_streams_reached', 409, 'Delete a stream that you no longer need.'),
  ('streams', 'media_server_invalid', 400, 'Give the server''s own name of 1 to 100 characters.'),
  ('streams', 'playback_token_invalid', 403, 'Get a new address from get_playback.'),
  ('streams', 'publisher_id_invalid', 400, 'Give the media server''s id of the connection, 1 to 200 characters.'),
  ('streams', 'publisher_ids_invalid', 400, 'Report in parts, with is_complete false.'),
  ('streams', 'settings_invalid', 400,
    'Give an object of at most 16 kB and 64 levels, {} for none; the setting stream_settings_types says which key has '
    'which type.'),
  ('streams', 'stream_already_live', 409, 'Stop the other encoder, or use another stream.'),
  ('streams', 'stream_disabled', 403, 'Its owner or an admin can enable it.'),
  ('streams', 'stream_expired', 410, 'Create a new stream.'),
  ('streams', 'stream_key_invalid', 401, 'Copy the stream key again, whole, or rotate it for a new one.'),
  ('streams', 'stream_limit_reached', 402, 'End another stream, or choose a larger package.'),
  ('streams', 'stream_not_found', 404, 'Check the id; a private stream is for its owner.'),
  ('streams', 'stream_not_live', 409, 'Wait until streams.is_live is true.'),
  ('streams', 'title_invalid', 400, 'Give a title of 1 to 140 characters on one line.'),
  ('streams', 'visibility_invalid', 400, 'Give public, unlisted or private.');

do $$
begin
  create role streams_service nologin;
exception when duplicate_object then
  null; -- roles belong to the cluster: another database may have made it
end
$$;
comment on role streams_service is
  'May touch the tables and functions of the domain streams alone. Granted to login roles at deployment.';
grant usage on schema public, private to streams_service;

create table public.streams (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.users (id) on delete cascade,
  title text not null,
  description text,
  category text,
  visibility text not null default 'public' check (visibility in ('public', 'unlisted', 'private')),
  status text not null default 'idle' check (status in ('idle', 'live', 'disabled')),
  is_live boolean not null generated always as (status = 'live') stored,
  disabled_by text check (disabled_by in ('owner', 'admin')),
  viewer_count integer not null default 0 check (viewer_count >= 0),
  peak_viewers integer not null default 0 check (peak_viewers >= 0),
  started_at timestamptz,
  ended_at timestamptz,
  expires_at timestamptz,
  settings jsonb not null default '{}',
  topic_epoch integer not null default 0,
  topic text not null generated always as (
    'stream:' || id::text || case when topic_epoch > 0 then ':' || topic_epoch::text else '' end) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- So that the API can embed the owner's profile in a list of streams.
  foreign key (user_id) references public.profiles (id) on delete cascade
);
comment on table public.streams is
  'A channel that can be broadcast to. All read public ones, the owner and admins every one; unlisted ones are '
  'reached through get_stream. Made by create_stream; the owner changes title, description, category, visibility and '
  'settings; the rest follows from stream_sessions by trigger.';
comment on column public.streams.category is 'One of the setting stream_categories, or null.';
comment on column public.streams.visibility is 'public: listed; unlisted: for who has the id; private: for the owner.';
comment on column public.streams.status is
  'idle, live (a publisher is connected, or may reconnect within the grace), disabled (no publisher is admitted).';
comment on column public.streams.disabled_by is 'Who disabled it; what an admin disabled, only an admin enables.';
comment on column public.streams.viewer_count is 'Viewers now, as of the last count.';
comment on column public.streams.peak_viewers is 'Most viewers at once in the current or last session.';
comment on column public.streams.started_at is 'When the current or last broadcast began.';
comment on column public.streams.ended_at is 'When the last broadcast ended; null while live.';
comment on column public.streams.expires_at is 'From then on no publisher is admitted; null: never.';
comment on column public.streams.settings is
  'The application''s own JSON object of up to 16 kB; keys named by the setting stream_settings_types have that type.';
comment on column public.streams.topic_epoch is 'How often the stream became private.';
comment on column public.streams.topic is
  'Its Realtime topic. Another one each time that the stream becomes private: whoever may not see it any more hears '
  'nothing more.';

create index streams_user_idx on public.streams (user_id, created_at desc);
create index streams_newest_idx on public.streams (created_at desc, id);
create index streams_category_idx on public.streams (category, created_at desc, id);
create index streams_live_idx on public.streams (started_at desc, id) where is_live;
create index streams_most_watched_idx on public.streams (viewer_count desc, id) where is_live;

alter table public.streams enable row level security;
grant select on public.streams to anon, authenticated;
grant update (title, description, category, visibility, settings) on public.streams to authenticated;
grant select, insert, update, delete on public.streams to streams_service;
create policy streams_select_anon on public.streams for select to anon
  using (visibility = 'public');
create policy streams_select on public.streams for select to authenticated
  using (visibility = 'public'
    or user_id between (select private.first_visible_user()) and (select private.last_visible_user()));
create policy streams_update on public.streams for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy streams_service_all on public.streams for all to streams_service using (true) with check (true);

create trigger streams_enforce_transitions
  before update of status on public.streams
  for each row when (old.status is distinct from new.status)
  execute function private.enforce_transitions(
    'idle>live', 'live>idle', 'idle>disabled', 'live>disabled', 'disabled>idle');

select private.record_events('public.streams', 'Stream', owner => 'user_id',
  unrecorded => '{viewer_count, peak_viewers}',
  finals => '{"StreamEnded": ["peak_viewers"], "StreamCounted": ["peak_viewers"]}',
  personal => '{title, description, settings}',
  event => $$case
    when tg_op = 'INSERT' then 'StreamCreated'
    when tg_op = 'DELETE' then 'StreamDeleted'
    when old.status <> 'live' and new.status = 'live' then 'StreamStarted'
    when old.ended_at is null and new.ended_at is not null then 'StreamEnded'
    when old.status <> 'disabled' and new.status = 'disabled' then 'StreamDisabled'
    when old.status = 'disabled' and new.status <> 'disabled' then 'StreamEnabled'
    when old.ended_at is not null and old.peak_viewers <> new.peak_viewers then 'StreamCounted'
    else 'StreamUpdated'
  end$$,
  -- Who listens to a topic that has ended hears of the next one; who may join that, does.
  topic => $$case
    when old.topic <> new.topic then old.topic
    when event_type in ('StreamStarted', 'StreamEnded', 'StreamDisabled', 'StreamEnabled', 'StreamDeleted')
      then subject.topic
  end$$,
  broadcast => $$case when old.topic <> new.topic then 'topic' else 'status' end$$,
  payload => $$case
    when old.topic <> new.topic then jsonb_build_object('topic', new.topic)
    else jsonb_build_object('status', coalesce(new.status, 'deleted'), 'is_live', coalesce(new.is_live, false),
      'started_at', new.started_at, 'ended_at', new.ended_at)
  end$$);

-- Input ----------------------------------------------------------------------------------------

insert into private.settings (key, value, comment) values
  ('max_streams_per_user', '100', 'Streams that a user may own.'),
  ('stream_categories',
    '["art", "education", "gaming", "irl", "music", "news", "sports", "talk", "technology", "other"]',
    'What streams.category may be.'),
  ('stream_settings_types',
    '{"record": "boolean", "low_latency": "boolean", "chat_enabled": "boolean", "mature": "boolean",
      "language": "string"}',
    'Keys of streams.settings that have a type: boolean, number, string, array or object.'),
  ('rtmp_url', '"rtmp://127.0.0.1:1935/live"', 'Where broadcasters push; shown by create_stream.');

create function private.check_stream_settings(settings jsonb)
returns void
language plpgsql
stable
set search_path = ''
as $$
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
$$;
comment on function private.check_stream_settings(jsonb) is
  'Raises settings_invalid unless the value is an object of up to 16 kB and 64 levels whose known keys have their '
  'types.';

create function private.check_presentation(title text, description text)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  perform private.check_text('title', title, 1, 140);
  perform private.check_text('description', description, 0, 5000, multiline => true);
end
$$;
comment on function private.check_presentation(text, text) is
  'The bounds of what people write to present a stream. Raises description_invalid, title_invalid.';

create function private.prepare_stream()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.prepare_stream() is
  'Trigger: bounds what an owner may write (category_invalid, description_invalid, settings_invalid, title_invalid, '
  'visibility_invalid).';
create trigger streams_prepare
  before insert or update of title, description, category, visibility, settings on public.streams
  for each row execute function private.prepare_stream();
create trigger streams_touch_updated_at
  before update of title, description, category, visibility, settings, status, expires_at on public.streams
  for each row execute function private.touch_updated_at();

-- Whose stream is it ---------------------------------------------------------------------------

create function private.fail_stream_not_found(stream_id uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  perform private.fail('stream_not_found', format('There is no stream %s that you may see.', stream_id));
end
$$;
comment on function private.fail_stream_not_found(uuid) is
  'Raises stream_not_found, the one answer for what does not exist and what the caller may not see.';

create function private.may_oversee(owner_id uuid, admins_too boolean default true)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return coalesce(owner_id = (select auth.uid()), false) or private.is_trusted_caller()
    or (admins_too and private.is_admin());
end
$$;
comment on function private.may_oversee(uuid, boolean) is
  'Is the caller this owner, trusted, or (unless admins_too is false) an admin?';

create function private.may_see_stream(stream public.streams)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return stream.visibility in ('public', 'unlisted') or private.may_oversee(stream.user_id);
end
$$;
comment on function private.may_see_stream(public.streams) is
  'May the caller, who has its id, see this stream? Everybody may see public and unlisted ones; private ones their '
  'owner, admins and trusted callers.';

create function private.require_readable_stream(stream_id uuid, admins_too boolean default true)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  perform from public.streams where id = stream_id and private.may_oversee(user_id, admins_too);
  if not found then
    perform private.fail_stream_not_found(stream_id);
  end if;
end
$$;
comment on function private.require_readable_stream(uuid, boolean) is
  'Raises stream_not_found unless the stream is the caller''s, or the caller is trusted or (unless admins_too is '
  'false) an admin: what others than its viewers may read of it.';

create function private.lock_managed_stream(stream_id uuid, admins_too boolean default false)
returns public.streams
language plpgsql
set search_path = ''
as $$
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
$$;
comment on function private.lock_managed_stream(uuid, boolean) is
  'The stream, if the caller owns it (or is an admin, where admins_too; or trusted), with its owner''s row and its '
  'own locked, in this order as everywhere. Raises stream_not_found.';

create function private.get_stream(stream_id uuid)
returns public.streams
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  seen public.streams;
begin
  select * into seen from public.streams where id = stream_id;
  if not found or not private.may_see_stream(seen) then
    perform private.fail_stream_not_found(stream_id);
  end if;
  return seen;
end
$$;
comment on function private.get_stream(uuid) is
  'A stream by its id: public and unlisted ones for everybody, private ones for their owner and admins. Raises '
  'stream_not_found.';
select private.publish_rpc('private.get_stream(uuid)', 'anon', 'authenticated');
