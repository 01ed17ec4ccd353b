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
    perform private.fail('user_not_found', format('No user has the e-mail address %s.', account_email));
  end if;
  return granted_id;
end
$$;
comment on function private.grant_admin(text) is
  'Makes the user with this e-mail address an admin and returns their id; the way to the first admin. Raises '
  'user_not_found. Only the owner of the database may call it.';

create function private.check_not_last_admin(user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- All admins are locked in one order, so that two of them cannot demote each other at once.
  perform from public.users where role = 'admin' order by id for no key update;
  if exists (select from public.users where role = 'admin' and id = check_not_last_admin.user_id)
    and not exists (select from public.users where role = 'admin' and id <> check_not_last_admin.user_id) then
    perform private.fail('last_admin', 'This is the last admin.');
  end if;
end
$$;
comment on function private.check_not_last_admin(uuid) is
  'Raises last_admin for the only admin. No other admin can go until this transaction has ended.';

create function private.set_user_role(user_id uuid, role text)
returns public.users
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.set_user_role(uuid, text) is
  'Gives a user the role user, moderator or admin; returns the changed row. For admins. Raises admin_required, '
  'last_admin, role_invalid, sign_in_required, user_not_found.';
select private.publish_rpc('private.set_user_role(uuid, text)', 'authenticated');

create function private.set_user_package(user_id uuid, package_type text, expires_at timestamptz default null)
returns public.users
language plpgsql
security definer
set search_path = ''
as $$
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
$$;
comment on function private.set_user_package(uuid, text, timestamptz) is
  'Gives a user a package until expires_at (null: no end), or none; returns the changed row. For admins. Raises '
  'admin_required, expires_at_invalid, package_type_invalid, sign_in_required, user_not_found.';
select private.publish_rpc('private.set_user_package(uuid, text, timestamptz)', 'authenticated');
