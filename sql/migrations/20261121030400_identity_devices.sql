-- Identity: a user's devices and linked accounts.

create table public.user_sessions (
  id uuid primary key,
  user_id uuid not null references public.users (id) on delete cascade,
  device_name text not null,
  device_type text not null,
  user_agent text,
  ip inet,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
comment on table public.user_sessions is
  'The devices that a user is signed in on, one row per auth session that called register_device. Its owner reads it.';
comment on column public.user_sessions.id is 'The access token''s session_id.';
comment on column public.user_sessions.device_type is 'web, phone, tablet, desktop, tv, console or other.';
comment on column public.user_sessions.last_seen_at is 'When the device last called register_device.';
comment on column public.user_sessions.expires_at is 'When the auth session ends by itself; null: it does not.';
comment on column public.user_sessions.revoked_at is
  'When revoke_session ended it. Access tokens already given out run to their expiry (an hour).';

create index user_sessions_user_idx on public.user_sessions (user_id, last_seen_at desc);

alter table public.user_sessions enable row level security;
grant select on public.user_sessions to authenticated;
create policy user_sessions_select on public.user_sessions for select to authenticated
  using (user_id = (select auth.uid()));

select private.record_events('public.user_sessions', 'UserSession', owner => 'user_id', unrecorded => '{last_seen_at}',
  personal => '{device_name, user_agent, ip}',
  event => $$case
    when tg_op = 'INSERT' then 'DeviceRegistered'
    when tg_op = 'DELETE' then 'DeviceDeleted'
    when old.revoked_at is null and new.revoked_at is not null then 'DeviceRevoked'
    else 'DeviceUpdated'
  end$$);

create function private.register_device(device_name text, device_type text)
returns public.user_sessions
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.register_device(text, text) is
  'Names the device of the caller''s session, or says that it is still in use; returns its row. For signed-in users. '
  'Raises device_name_invalid, device_type_invalid, session_required, session_revoked, sign_in_required.';
select private.publish_rpc('private.register_device(text, text)', 'authenticated');

create function private.revoke_session(id uuid)
returns public.user_sessions
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.revoke_session(uuid) is
  'Signs one of the caller''s devices out: its refresh token ends at once, its access token at its expiry. Returns '
  'the row; a second call changes nothing. For signed-in users. Raises device_not_found, sign_in_required.';
select private.publish_rpc('private.revoke_session(uuid)', 'authenticated');

create function private.my_linked_accounts()
returns table (provider text, provider_account_id text, linked_at timestamptz, last_sign_in_at timestamptz)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return query
    select identity.provider, identity.provider_id, identity.created_at, identity.last_sign_in_at
    from auth.identities as identity
    where identity.user_id = (select auth.uid())
    order by identity.created_at;
end
$$;
comment on function private.my_linked_accounts() is
  'The sign-in providers linked to the caller''s account, without any token. For signed-in users. Raises '
  'sign_in_required.';
select private.publish_rpc('private.my_linked_accounts()', 'authenticated');
