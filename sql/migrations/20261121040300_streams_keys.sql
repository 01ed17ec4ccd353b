-- Streams: keys, and what their owner does with a stream.

create table private.stream_keys (
  id uuid primary key default gen_random_uuid(),
  stream_id uuid not null references public.streams (id) on delete cascade,
  secret_hash bytea not null unique,
  prefix text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  refused_publisher text,
  refused_at timestamptz,
  refusal_code text,
  refusal_message text
) with (fillfactor = 80);
comment on table private.stream_keys is
  'What a stream''s keys are recognised by. The secret itself is shown once and stored nowhere.';
comment on column private.stream_keys.secret_hash is 'SHA-256 of the secret: 192 random bits need no slow hash.';
comment on column private.stream_keys.prefix is 'The secret''s first 8 characters, to recognise it by.';
comment on column private.stream_keys.last_used_at is 'When a publisher last presented it, to the minute.';
comment on column private.stream_keys.refused_publisher is
  'Who was last refused with it (media server and publisher id), when and why: some servers ask twice for each '
  'publish.';
create index stream_keys_stream_idx on private.stream_keys (stream_id);

create function private.hash_stream_key(secret text)
returns bytea
language plpgsql
immutable
set search_path = ''
as $$
begin
  return sha256(convert_to(secret, 'utf8'));
end
$$;
comment on function private.hash_stream_key(text) is 'What stream_keys.secret_hash holds for a secret.';

create function private.create_stream_key(stream_id uuid)
returns text
language plpgsql
set search_path = ''
as $$
declare
  secret text := encode(extensions.gen_random_bytes(24), 'hex');
begin
  insert into private.stream_keys (stream_id, secret_hash, prefix)
  values (create_stream_key.stream_id, private.hash_stream_key(secret), left(secret, 8));
  return stream_id || '?key=' || secret;
end
$$;
comment on function private.create_stream_key(uuid) is
  'Makes a key of 192 random bits (48 hex digits) and returns it as a broadcaster pastes it: <stream id>?key=<secret>.';

create function private.find_stream_key(stream_id uuid, secret text)
returns private.stream_keys
language plpgsql
stable
set search_path = ''
as $$
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
$$;
comment on function private.find_stream_key(uuid, text) is
  'The valid key of this stream with this secret; null for unknown, expired, revoked and another stream''s alike.';

-- What the owner does --------------------------------------------------------------------------

create function private.add_stream(
  owner_id uuid, title text, description text, visibility text, category text, settings jsonb
)
returns public.streams
language plpgsql
set search_path = ''
as $$
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
$$;
comment on function private.add_stream(uuid, text, text, text, text, jsonb) is
  'Makes a user''s stream, without a key. Raises category_invalid, description_invalid, max_streams_reached, '
  'settings_invalid, title_invalid, visibility_invalid.';

create type public.created_stream as (stream public.streams, stream_key text, rtmp_url text);
comment on type public.created_stream is 'What create_stream answers.';
comment on column public.created_stream.stream is 'The stream''s row.';
comment on column public.created_stream.stream_key is
  'What goes into the encoder''s "stream key" field; it is shown only here.';
comment on column public.created_stream.rtmp_url is 'What goes into the encoder''s "server" field.';

create function private.create_stream(
  title text,
  description text default null,
  visibility text default 'public',
  category text default null,
  settings jsonb default '{}'
)
returns public.created_stream
language plpgsql
security definer
set search_path = ''
as $$
declare
  created public.streams :=
    private.add_stream(private.require_user(), title, description, visibility, category, settings);
begin
  return row(created, private.create_stream_key(created.id), private.setting_text('rtmp_url'))::public.created_stream;
end
$$;
comment on function private.create_stream(text, text, text, text, jsonb) is
  'Makes a stream and its first key. For signed-in users. Raises category_invalid, description_invalid, '
  'max_streams_reached, settings_invalid, sign_in_required, title_invalid, visibility_invalid.';
select private.publish_rpc('private.create_stream(text, text, text, text, jsonb)', 'authenticated');

create type public.rotated_stream_key as (stream_key text, previous_valid_until timestamptz);
comment on type public.rotated_stream_key is 'What rotate_stream_key answers.';
comment on column public.rotated_stream_key.stream_key is
  'What goes into the encoder''s "stream key" field; it is shown only here.';
comment on column public.rotated_stream_key.previous_valid_until is 'Until when older keys work, at the latest.';

create function private.rotate_stream_key(stream_id uuid, grace_seconds integer default 0)
returns public.rotated_stream_key
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.rotate_stream_key(uuid, integer) is
  'Gives a stream a new key. Older keys work for grace_seconds more (0 to 604800); a broadcast under way goes on. For '
  'the owner. Raises grace_seconds_invalid, sign_in_required, stream_not_found.';
select private.publish_rpc('private.rotate_stream_key(uuid, integer)', 'authenticated');

create function private.get_stream_keys(stream_id uuid)
returns table (
  id uuid, prefix text, created_at timestamptz, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz
)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_readable_stream(stream_id, admins_too => false);
  return query
    select known.id, known.prefix, known.created_at, known.expires_at, known.revoked_at, known.last_used_at
    from private.stream_keys as known where known.stream_id = get_stream_keys.stream_id
    order by known.created_at desc limit 100;
end
$$;
comment on function private.get_stream_keys(uuid) is
  'A stream''s newest 100 keys by their first 8 characters, never the secret. For the owner. Raises sign_in_required, '
  'stream_not_found.';
select private.publish_rpc('private.get_stream_keys(uuid)', 'authenticated');

create function private.stop_stream(stream_id uuid, reason text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.stop_session(session.id, reason) from public.stream_sessions as session
  where session.stream_id = stop_stream.stream_id and session.is_active;
end
$$;
comment on function private.stop_stream(uuid, text) is
  'Ends a stream''s running sessions. The caller has locked its user''s row.';

create function private.disable_stream(stream_id uuid)
returns public.streams
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.disable_stream(uuid) is
  'Ends a stream''s running session and admits no publisher until enable_stream; returns the row. For the owner and '
  'admins. Raises sign_in_required, stream_not_found.';
select private.publish_rpc('private.disable_stream(uuid)', 'authenticated');

create function private.enable_stream(stream_id uuid)
returns public.streams
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.enable_stream(uuid) is
  'Lets a disabled stream be broadcast to again; returns the row. For the owner and admins. Raises disabled_by_admin, '
  'sign_in_required, stream_not_found.';
select private.publish_rpc('private.enable_stream(uuid)', 'authenticated');

create function private.remove_stream(stream_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.stop_stream(stream_id, 'deleted');
  delete from public.streams where id = stream_id;
end
$$;
comment on function private.remove_stream(uuid) is
  'Ends a stream''s running sessions, so that whoever serves them is told, and deletes it. The caller has locked its '
  'user''s row.';

create function private.delete_stream(stream_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  managed public.streams := private.lock_managed_stream(stream_id, admins_too => true);
begin
  perform private.remove_stream(managed.id);
end
$$;
comment on function private.delete_stream(uuid) is
  'Ends a stream''s running session and deletes the stream with its keys and sessions. For the owner and admins. '
  'Raises sign_in_required, stream_not_found.';
select private.publish_rpc('private.delete_stream(uuid)', 'authenticated');

create function private.erase_streams(user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform from public.users where id = user_id for no key update;
  perform private.remove_stream(owned.id) from public.streams as owned where owned.user_id = erase_streams.user_id;
end
$$;
comment on function private.erase_streams(uuid) is
  'Deletes a user''s streams as delete_stream does, so that running broadcasts end and are told to end.';
insert into private.erasures (sql_function) values ('private.erase_streams');
