-- Identity: accounts, private to their owner and admins.

create table public.users (
  id uuid primary key references auth.users (id) on delete cascade,
  email text,
  role text not null default 'user' check (role in ('user', 'moderator', 'admin')),
  first_name text,
  last_name text,
  package_type text references public.packages (id),
  package_expires_at timestamptz,
  streams_allowed integer not null default 0 check (streams_allowed >= 0),
  streams_active integer not null default 0 check (streams_active >= 0),
  last_login_at timestamptz,
  verified_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.users is
  'One row per auth.users, made by trigger. Its owner and admins read it; owners change first_name and last_name; '
  'role and package move through set_user_role and set_user_package; the rest follows from other rows by trigger.';
comment on column public.users.email is 'Copy of auth.users.email, kept by trigger.';
comment on column public.users.package_expires_at is 'When the package ends; null: it does not.';
comment on column public.users.streams_allowed is
  'Sessions that may run at once, by package, expiry and the setting default_streams_allowed. Kept by trigger.';
comment on column public.users.streams_active is 'Sessions running now, counted from stream_sessions by trigger.';
comment on column public.users.last_login_at is 'Copy of auth.users.last_sign_in_at, kept by trigger.';
comment on column public.users.verified_at is
  'When the e-mail address was confirmed; copy of auth.users.email_confirmed_at.';

create index users_email_idx on public.users (lower(email));
create index users_package_idx on public.users (package_type, package_expires_at);
create index users_admin_idx on public.users (id) where role = 'admin';

alter table public.users enable row level security;
grant select, update (first_name, last_name) on public.users to authenticated;
create policy users_select on public.users for select to authenticated
  using (id between (select private.first_visible_user()) and (select private.last_visible_user()));
create policy users_update on public.users for update to authenticated
  using (id = (select auth.uid())) with check (id = (select auth.uid()));

select private.record_events('public.users', 'User', owner => 'id', unrecorded => '{streams_active}',
  personal => '{email, first_name, last_name}',
  event => $$case
    when tg_op = 'INSERT' then 'UserRegistered'
    when tg_op = 'DELETE' then 'UserDeleted'
    when old.role <> new.role then 'RoleChanged'
    when (old.package_type, old.package_expires_at, old.streams_allowed)
      is distinct from (new.package_type, new.package_expires_at, new.streams_allowed) then 'PackageChanged'
    else 'UserUpdated'
  end$$);

-- What only the user hears: user:<id>.
create policy user_topics_select on realtime.messages for select to authenticated
  using (extension = 'broadcast' and (select realtime.topic()) = 'user:' || (select auth.uid()));

-- What follows from other rows -----------------------------------------------------------------

create function private.streams_allowed(package_type text, package_expires_at timestamptz)
returns integer
language plpgsql
stable
set search_path = ''
as $$
begin
  return coalesce(
    (select packages.streams_allowed from public.packages
      where packages.id = streams_allowed.package_type
        and coalesce(streams_allowed.package_expires_at, 'infinity') > now()),
    private.setting_integer('default_streams_allowed')
  );
end
$$;
comment on function private.streams_allowed(text, timestamptz) is
  'How many sessions a user with this package may run at once now; the setting default_streams_allowed without a '
  'package or after its expiry.';

create function private.check_user_names()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform private.check_text('first_name', new.first_name, 0, 80);
  perform private.check_text('last_name', new.last_name, 0, 80);
  return new;
end
$$;
comment on function private.check_user_names() is
  'Trigger: bounds the names. Raises first_name_invalid, last_name_invalid.';
create trigger users_check_names
  before insert or update of first_name, last_name on public.users
  for each row execute function private.check_user_names();
create trigger users_touch_updated_at
  before update of first_name, last_name, package_type, package_expires_at, streams_allowed on public.users
  for each row execute function private.touch_updated_at();

create function private.derive_streams_allowed()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  new.streams_allowed := private.streams_allowed(new.package_type, new.package_expires_at);
  return new;
end
$$;
comment on function private.derive_streams_allowed() is 'Trigger: streams_allowed follows from the package.';
create trigger users_derive_streams_allowed
  before insert or update of package_type, package_expires_at, streams_allowed on public.users
  for each row execute function private.derive_streams_allowed();

create function private.apply_package_to_users()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.users set streams_allowed = new.streams_allowed where package_type = new.id;
  return null;
end
$$;
comment on function private.apply_package_to_users() is
  'Trigger: users of a package follow a change of its streams_allowed.';
create trigger packages_apply_to_users
  after update of streams_allowed on public.packages
  for each row when (old.streams_allowed is distinct from new.streams_allowed)
  execute function private.apply_package_to_users();

create function private.apply_default_streams_allowed()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.users set streams_allowed = (new.value #>> '{}')::integer
  where package_type is null or package_expires_at <= now();
  return null;
end
$$;
comment on function private.apply_default_streams_allowed() is
  'Trigger: users without a running package follow a change of the setting default_streams_allowed.';
create trigger settings_apply_default_streams_allowed
  after update on private.settings
  for each row when (new.key = 'default_streams_allowed' and old.value is distinct from new.value)
  execute function private.apply_default_streams_allowed();

create function private.expire_packages()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.expire_packages() is
  'Lets users.streams_allowed follow packages that ran out (admission looks at the expiry itself); run by the job '
  'expire-packages. Returns how many users changed. Callable by service_role.';
select private.publish_rpc('private.expire_packages()', 'service_role');
insert into private.scheduled_jobs (name, schedule, sql_function) values
  ('expire-packages', '*/10 * * * * *', 'private.expire_packages');
