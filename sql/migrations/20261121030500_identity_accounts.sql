-- Identity: how an account goes.

create function private.handle_deleted_user()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.erase_user(old.id);
  return old;
end
$$;
comment on function private.handle_deleted_user() is
  'Trigger on auth.users: whoever deletes an account, every domain erases what the deletion of its rows would leave '
  'behind.';
create trigger streambed_handle_deleted_user
  before delete on auth.users
  for each row execute function private.handle_deleted_user();

create function private.delete_account()
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  owner_id uuid := private.require_user();
begin
  perform private.check_not_last_admin(owner_id);
  delete from auth.users where id = owner_id;
end
$$;
comment on function private.delete_account() is
  'Deletes the caller''s account with all that is theirs, for good: broadcasts end, personal values in the event log '
  'are erased. docs/personal-data.md says what is kept. For signed-in users. Raises last_admin, sign_in_required.';
select private.publish_rpc('private.delete_account()', 'authenticated');
