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
comment on column private.stream_keys.refused_publisher is 'Who was last refused with it (media server and publisher id), when and why: some servers ask twice for each publish.';
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

create function private.create_stream_key(target_stream uuid)
returns text
language plpgsql
set search_path = ''
as $$
declare
  secret text := encode(extensions.gen_random_bytes(24), 'hex');
begin
  insert into private.stream_keys (stream_id, secret_hash, prefix)
  values (target_stream, private.hash_stream_key(secret), left(secret, 8));
  return target_stream || '?key=' || secret;
end
$$;
comment on function private.create_stream_key(uuid) is
  'Makes a key of 192 random bits (48 hex digits) and returns it as a broadcaster pastes it: <stream id>?key=<secret>.';

create function private.find_stream_key(target_stream uuid, secret text)
returns private.stream_keys
language plpgsql
stable
set search_path = ''
as $$
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
$$;
comment on function private.find_stream_key(uuid, text) is
  'The valid key of this stream with this secret; null for unknown, expired, revoked and another stream''s alike.';

-- What the owner does --------------------------------------------------------------------------

create function private.add_stream(owner_id uuid, new_title text, new_description text, new_visibility text, new_category text, new_settings jsonb)
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
$$;
comment on function private.add_stream(uuid, text, text, text, text, jsonb) is
  'Makes a user''s stream, without a key. Raises PT400 <field>_invalid, PT409 max_streams_reached.';

create function private.create_stream(new_title text, new_description text, new_visibility text, new_category text, new_settings jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  created public.streams := private.add_stream(private.require_user(), new_title, new_description, new_visibility, new_category, new_settings);
begin
  return jsonb_build_object(
    'stream', to_jsonb(created),
    'stream_key', private.create_stream_key(created.id),
    'rtmp_url', private.setting('rtmp_url'));
end
$$;
comment on function private.create_stream(text, text, text, text, jsonb) is 'See public.create_stream.';
grant execute on function private.create_stream(text, text, text, text, jsonb) to authenticated;

create function public.create_stream(
  title text,
  description text default null,
  visibility text default 'public',
  category text default null,
  settings jsonb default '{}'
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.create_stream(create_stream.title, create_stream.description, create_stream.visibility,
    create_stream.category, create_stream.settings)
$$;
comment on function public.create_stream(text, text, text, text, jsonb) is
  'Makes a stream and its first key: {stream, stream_key, rtmp_url}. stream_key is what goes into the encoder''s "stream key" field; it is shown only here. '
  'For signed-in users. Raises PT400 <field>_invalid, PT401 sign_in_required, PT409 max_streams_reached.';
grant execute on function public.create_stream(text, text, text, text, jsonb) to authenticated;

create function private.rotate_stream_key(target_stream uuid, grace_seconds integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.rotate_stream_key(uuid, integer) is 'See public.rotate_stream_key.';
grant execute on function private.rotate_stream_key(uuid, integer) to authenticated, service_role;

create function public.rotate_stream_key(stream_id uuid, grace_seconds integer default 0)
returns jsonb
language sql
set search_path = ''
as $$
  select private.rotate_stream_key(rotate_stream_key.stream_id, rotate_stream_key.grace_seconds)
$$;
comment on function public.rotate_stream_key(uuid, integer) is
  'Gives a stream a new key: {stream_key, previous_valid_until}. Older keys work for grace_seconds more (0 to 604800); a broadcast under way goes on. '
  'For the owner. Raises PT400 grace_seconds_invalid, PT404 stream_not_found.';
grant execute on function public.rotate_stream_key(uuid, integer) to authenticated;

create function private.get_stream_keys(target_stream uuid)
returns table (id uuid, prefix text, created_at timestamptz, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_readable_stream(target_stream, admins_too => false);
  return query
    select k.id, k.prefix, k.created_at, k.expires_at, k.revoked_at, k.last_used_at
    from private.stream_keys as k where k.stream_id = target_stream order by k.created_at desc limit 100;
end
$$;
comment on function private.get_stream_keys(uuid) is 'See public.get_stream_keys.';
grant execute on function private.get_stream_keys(uuid) to authenticated, service_role;

create function public.get_stream_keys(stream_id uuid)
returns table (id uuid, prefix text, created_at timestamptz, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz)
language sql
stable
set search_path = ''
as $$
  select * from private.get_stream_keys(get_stream_keys.stream_id)
$$;
comment on function public.get_stream_keys(uuid) is
  'A stream''s newest 100 keys by their first 8 characters, never the secret. For the owner. Raises PT404 stream_not_found.';
grant execute on function public.get_stream_keys(uuid) to authenticated;

create function private.stop_stream(target_stream uuid, reason text)
returns void
language sql
set search_path = ''
as $$
  select private.stop_session(id, reason) from public.stream_sessions where stream_id = target_stream and is_active
$$;
comment on function private.stop_stream(uuid, text) is 'Ends a stream''s running sessions. The caller has locked its user''s row.';

create function private.disable_stream(target_stream uuid)
returns public.streams
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.disable_stream(uuid) is 'See public.disable_stream.';
grant execute on function private.disable_stream(uuid) to authenticated, service_role;

create function public.disable_stream(stream_id uuid)
returns public.streams
language sql
set search_path = ''
as $$
  select * from private.disable_stream(disable_stream.stream_id)
$$;
comment on function public.disable_stream(uuid) is
  'Ends a stream''s running session and admits no publisher until enable_stream; returns the row. For the owner and admins. Raises PT404 stream_not_found.';
grant execute on function public.disable_stream(uuid) to authenticated;

create function private.enable_stream(target_stream uuid)
returns public.streams
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.enable_stream(uuid) is 'See public.enable_stream.';
grant execute on function private.enable_stream(uuid) to authenticated, service_role;

create function public.enable_stream(stream_id uuid)
returns public.streams
language sql
set search_path = ''
as $$
  select * from private.enable_stream(enable_stream.stream_id)
$$;
comment on function public.enable_stream(uuid) is
  'Lets a disabled stream be broadcast to again; returns the row. For the owner and admins. Raises PT403 disabled_by_admin, PT404 stream_not_found.';
grant execute on function public.enable_stream(uuid) to authenticated;

create function private.delete_stream(target_stream uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  managed public.streams := private.lock_managed_stream(target_stream, admins_too => true);
begin
  perform private.stop_stream(managed.id, 'deleted');
  delete from public.streams where id = managed.id;
end
$$;
comment on function private.delete_stream(uuid) is 'See public.delete_stream.';
grant execute on function private.delete_stream(uuid) to authenticated, service_role;

create function public.delete_stream(stream_id uuid)
returns void
language sql
set search_path = ''
as $$
  select private.delete_stream(delete_stream.stream_id)
$$;
comment on function public.delete_stream(uuid) is
  'Ends a stream''s running session and deletes the stream with its keys and sessions. For the owner and admins. Raises PT404 stream_not_found.';
grant execute on function public.delete_stream(uuid) to authenticated;
