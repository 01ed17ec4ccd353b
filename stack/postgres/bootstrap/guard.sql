-- What hosted Supabase refuses to `postgres` although it may write policies and triggers there:
-- changing or dropping what the platform owns in auth, storage and realtime. Once per database.
create or replace function extensions.is_platform_role() returns boolean
language sql stable set search_path = '' as $$
  select rolsuper or rolname in
    ('supabase_auth_admin', 'supabase_storage_admin', 'supabase_realtime_admin')
  from pg_catalog.pg_roles where rolname = current_user
$$;
comment on function extensions.is_platform_role() is 'True for the roles that own the platform''s schemas.';

create or replace function extensions.guard_platform_change() returns event_trigger
language plpgsql set search_path = '' as $$
declare
  refused text;
begin
  if extensions.is_platform_role() then return; end if;
  select object_identity into refused
  from pg_catalog.pg_event_trigger_ddl_commands()
  where (schema_name in ('auth', 'storage', 'realtime')
      or (object_type = 'schema' and object_identity in ('auth', 'storage', 'realtime')))
    and object_type not in ('policy', 'trigger')
    and command_tag not in ('GRANT', 'REVOKE', 'COMMENT')
  limit 1;
  if found then
    raise insufficient_privilege using
      message = format('must be owner of %s', refused),
      hint = 'auth, storage and realtime belong to the platform: '
        'only policies, triggers and grants may be added there.';
  end if;
end
$$;
comment on function extensions.guard_platform_change() is
  'Refuses changes of the platform''s own objects, as hosted Supabase does.';

create or replace function extensions.guard_platform_drop() returns event_trigger
language plpgsql set search_path = '' as $$
declare
  refused text;
begin
  if extensions.is_platform_role() then return; end if;
  select object_identity into refused
  from pg_catalog.pg_event_trigger_dropped_objects()
  where (schema_name in ('auth', 'storage', 'realtime')
      or (object_type = 'schema' and object_name in ('auth', 'storage', 'realtime')))
    and object_type not in ('policy', 'trigger')
  limit 1;
  if found then
    raise insufficient_privilege using message = format('must be owner of %s', refused);
  end if;
end
$$;
comment on function extensions.guard_platform_drop() is
  'Refuses to drop the platform''s own objects, as hosted Supabase does.';

drop event trigger if exists guard_platform_change;
create event trigger guard_platform_change on ddl_command_end
  execute function extensions.guard_platform_change();
drop event trigger if exists guard_platform_drop;
create event trigger guard_platform_drop on sql_drop
  execute function extensions.guard_platform_drop();
