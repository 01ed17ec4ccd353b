-- Streams: what a broadcaster owns and viewers see.

do $$
begin
  create role streams_service nologin;
exception when duplicate_object then
  null; -- roles belong to the cluster: another database may have made it
end
$$;
comment on role streams_service is 'May touch the tables and functions of the domain streams alone. Granted to login roles at deployment.';
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
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- So that the API can embed the owner's profile in a list of streams.
  foreign key (user_id) references public.profiles (id) on delete cascade
);
comment on table public.streams is
  'A channel that can be broadcast to. All read public ones, the owner and admins every one; unlisted ones are reached through get_stream. '
  'Made by create_stream; the owner changes title, description, category, visibility and settings; the rest follows from stream_sessions by trigger.';
comment on column public.streams.category is 'One of the setting stream_categories, or null.';
comment on column public.streams.visibility is 'public: listed; unlisted: for who has the id; private: for the owner.';
comment on column public.streams.status is 'idle, live (a publisher is connected, or may reconnect within the grace), disabled (no publisher is admitted).';
comment on column public.streams.disabled_by is 'Who disabled it; what an admin disabled, only an admin enables.';
comment on column public.streams.viewer_count is 'Viewers now, as of the last count.';
comment on column public.streams.peak_viewers is 'Most viewers at once in the current or last session.';
comment on column public.streams.started_at is 'When the current or last broadcast began.';
comment on column public.streams.ended_at is 'When the last broadcast ended; null while live.';
comment on column public.streams.expires_at is 'From then on no publisher is admitted; null: never.';
comment on column public.streams.settings is
  'The application''s own JSON object of up to 16 kB; keys named by the setting stream_settings_types have that type.';

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
  execute function private.enforce_transitions('idle>live', 'live>idle', 'idle>disabled', 'live>disabled', 'disabled>idle');

create trigger streams_append_created
  after insert on public.streams
  for each row execute function private.append_change('Stream', 'StreamCreated', 'viewer_count,peak_viewers');
create trigger streams_append_started
  after update of status on public.streams
  for each row when (old.status <> 'live' and new.status = 'live')
  execute function private.append_change('Stream', 'StreamStarted', 'viewer_count,peak_viewers');
create trigger streams_append_ended
  after update of ended_at on public.streams
  for each row when (old.ended_at is null and new.ended_at is not null)
  execute function private.append_change('Stream', 'StreamEnded', 'viewer_count,peak_viewers', 'peak_viewers');
create trigger streams_append_counted
  after update of peak_viewers on public.streams
  for each row when (old.ended_at is not null and new.ended_at is not null and old.peak_viewers <> new.peak_viewers)
  execute function private.append_change('Stream', 'StreamCounted', 'viewer_count');
create trigger streams_append_disabled
  after update of status on public.streams
  for each row when (old.status <> 'disabled' and new.status = 'disabled' and (old.ended_at is null) = (new.ended_at is null))
  execute function private.append_change('Stream', 'StreamDisabled', 'viewer_count,peak_viewers');
create trigger streams_append_enabled
  after update of status on public.streams
  for each row when (old.status = 'disabled' and new.status <> 'disabled')
  execute function private.append_change('Stream', 'StreamEnabled', 'viewer_count,peak_viewers');
create trigger streams_append_updated
  after update of title, description, category, visibility, status, disabled_by, expires_at, settings, updated_at on public.streams
  for each row when (old.status = new.status and (old.ended_at is null) = (new.ended_at is null))
  execute function private.append_change('Stream', 'StreamUpdated', 'viewer_count,peak_viewers');
create trigger streams_append_deleted
  after delete on public.streams
  for each row execute function private.append_change('Stream', 'StreamDeleted', 'viewer_count,peak_viewers');

-- Input ----------------------------------------------------------------------------------------

insert into private.settings (key, value, comment) values
  ('max_streams_per_user', '100', 'Streams that a user may own.'),
  ('stream_categories', '["art", "education", "gaming", "irl", "music", "news", "sports", "talk", "technology", "other"]',
    'What streams.category may be.'),
  ('stream_settings_types', '{"record": "boolean", "low_latency": "boolean", "chat_enabled": "boolean", "mature": "boolean", "language": "string"}',
    'Keys of streams.settings that have a type: boolean, number, string, array or object.'),
  ('rtmp_url', '"rtmp://127.0.0.1:1935/live"', 'Where broadcasters push; shown by create_stream.');

create function private.check_stream_settings(stream_settings jsonb)
returns void
language plpgsql
stable
set search_path = ''
as $$
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
$$;
comment on function private.check_stream_settings(jsonb) is
  'Raises PT400 settings_invalid unless the value is an object of up to 16 kB whose known keys have their types.';

create function private.prepare_stream()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.prepare_stream() is
  'Trigger: bounds what an owner may write (PT400 title_invalid, description_invalid, visibility_invalid, category_invalid, settings_invalid).';
create trigger streams_prepare
  before insert or update of title, description, category, visibility, settings on public.streams
  for each row execute function private.prepare_stream();
create trigger streams_touch_updated_at
  before update of title, description, category, visibility, settings, status, expires_at on public.streams
  for each row execute function private.touch_updated_at();

-- Whose stream is it ---------------------------------------------------------------------------

create function private.fail_stream_not_found(wanted_stream uuid)
returns void
language sql
set search_path = ''
as $$
  select private.fail(404, 'stream_not_found', format('There is no stream %s that you may see.', wanted_stream),
    'Check the id; a private stream is for its owner.')
$$;
comment on function private.fail_stream_not_found(uuid) is
  'Raises PT404 stream_not_found, the one answer for what does not exist and what the caller may not see.';

create function private.may_oversee(owner_id uuid, admins_too boolean default true)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return coalesce(owner_id = (select auth.uid()), false) or private.is_trusted_caller() or (admins_too and private.is_admin());
end
$$;
comment on function private.may_oversee(uuid, boolean) is
  'Is the caller this owner, trusted, or (unless admins_too is false) an admin?';

create function private.require_readable_stream(wanted_stream uuid, admins_too boolean default true)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  perform from public.streams where id = wanted_stream and private.may_oversee(user_id, admins_too);
  if not found then
    perform private.fail_stream_not_found(wanted_stream);
  end if;
end
$$;
comment on function private.require_readable_stream(uuid, boolean) is
  'Raises PT404 stream_not_found unless the stream is the caller''s, or the caller is trusted or (unless admins_too is false) an admin: '
  'what others than its viewers may read of it.';

create function private.lock_managed_stream(wanted_stream uuid, admins_too boolean default false)
returns public.streams
language plpgsql
set search_path = ''
as $$
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
$$;
comment on function private.lock_managed_stream(uuid, boolean) is
  'The stream, if the caller owns it (or is an admin, where admins_too; or trusted), with its owner''s row and its own locked, in this order '
  'as everywhere. Raises PT404 stream_not_found.';

create function private.get_stream(wanted_stream uuid)
returns public.streams
language plpgsql
stable
security definer
set search_path = ''
as $$
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
$$;
comment on function private.get_stream(uuid) is 'See public.get_stream.';
grant execute on function private.get_stream(uuid) to anon, authenticated, service_role;

create function public.get_stream(stream_id uuid)
returns public.streams
language sql
stable
set search_path = ''
as $$
  select * from private.get_stream(get_stream.stream_id)
$$;
comment on function public.get_stream(uuid) is
  'A stream by its id: public and unlisted ones for everybody, private ones for their owner and admins. Raises PT404 stream_not_found.';
grant execute on function public.get_stream(uuid) to anon, authenticated;
