-- Schemas with their owners and their USAGE. Once per database; safe to run again.
do $$
begin
  execute format('alter database %I owner to postgres', current_database());
end
$$;

create schema if not exists extensions authorization postgres;
create schema if not exists auth authorization supabase_admin;
create schema if not exists storage authorization supabase_admin;
create schema if not exists realtime authorization supabase_admin;

grant usage on schema public, extensions, auth, storage, realtime
  to postgres, anon, authenticated, service_role;
grant usage on schema auth to supabase_auth_admin, streambed_gateway;
grant usage on schema storage to supabase_storage_admin;
grant usage on schema realtime to supabase_realtime_admin;

create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists pg_stat_statements with schema extensions;

do $$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
    alter publication supabase_realtime owner to postgres;
  end if;
end
$$;
