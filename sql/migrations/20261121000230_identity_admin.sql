-- Identity: what admins do.

create function private.grant_admin(account_email text)
returns uuid
language plpgsql
set search_path = ''
as $$
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
$$;
comment on function private.grant_admin(text) is
  'Makes the user with this e-mail address an admin and returns their id; the way to the first admin. '
  'Raises PT404 user_not_found. Only the owner of the database may call it.';

create function private.set_user_role(target_user uuid, new_role text)
returns public.users
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.set_user_role(uuid, text) is 'See public.set_user_role.';
grant execute on function private.set_user_role(uuid, text) to authenticated, service_role;

create function public.set_user_role(user_id uuid, role text)
returns public.users
language sql
set search_path = ''
as $$
  select * from private.set_user_role(set_user_role.user_id, set_user_role.role)
$$;
comment on function public.set_user_role(uuid, text) is
  'Gives a user the role user, moderator or admin; returns the changed row. Admins only (PT403 admin_required). '
  'Raises PT400 role_invalid, PT404 user_not_found, PT409 last_admin.';
grant execute on function public.set_user_role(uuid, text) to authenticated;

create function private.set_user_package(target_user uuid, new_package text, new_expiry timestamptz)
returns public.users
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.set_user_package(uuid, text, timestamptz) is 'See public.set_user_package.';
grant execute on function private.set_user_package(uuid, text, timestamptz) to authenticated, service_role;

create function public.set_user_package(user_id uuid, package_type text, expires_at timestamptz default null)
returns public.users
language sql
set search_path = ''
as $$
  select * from private.set_user_package(set_user_package.user_id, set_user_package.package_type, set_user_package.expires_at)
$$;
comment on function public.set_user_package(uuid, text, timestamptz) is
  'Gives a user a package until expires_at (null: no end), or none; returns the changed row. Admins only (PT403 admin_required). '
  'Raises PT400 package_type_invalid, PT400 expires_at_invalid, PT404 user_not_found.';
grant execute on function public.set_user_package(uuid, text, timestamptz) to authenticated;
