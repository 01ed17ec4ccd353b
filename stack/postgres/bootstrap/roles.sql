-- The roles of a Supabase project. Once per cluster; safe to run again.
create function pg_temp.ensure_role(role_name text, attributes text) returns void
language plpgsql as $$
begin
  if not exists (select from pg_roles where rolname = role_name) then
    execute format('create role %I', role_name);
  end if;
  execute format('alter role %I with %s', role_name, attributes);
  if attributes like '% login%' then
    execute format('alter role %I password %L', role_name, role_name);
  end if;
end
$$;

select pg_temp.ensure_role(role_name, attributes)
from (values
  ('supabase_admin', 'superuser login createdb createrole replication bypassrls'),
  ('postgres', 'nosuperuser login createdb createrole replication bypassrls'),
  ('anon', 'nosuperuser nologin inherit'),
  ('authenticated', 'nosuperuser nologin inherit'),
  ('service_role', 'nosuperuser nologin inherit bypassrls'),
  ('authenticator', 'nosuperuser login noinherit'),
  ('supabase_auth_admin', 'nosuperuser login noinherit createrole'),
  ('supabase_storage_admin', 'nosuperuser login noinherit createrole'),
  ('supabase_realtime_admin', 'nosuperuser login noinherit replication'),
  -- The local gateway's login, in place of authenticator and the admins of auth and storage.
  -- PostgreSQL 15 has no inheritance per membership, and the gateway reads information_schema, which
  -- shows only what the role inherits.
  ('streambed_gateway', case when current_setting('server_version_num')::int < 160000
    then 'nosuperuser login inherit bypassrls' else 'nosuperuser login noinherit bypassrls' end)
) as roles (role_name, attributes);

alter role supabase_admin set search_path = "$user", public, auth, extensions;
alter role postgres set search_path = "$user", public, extensions;
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = 60000;
alter role supabase_storage_admin set search_path = storage;
alter role streambed_gateway set search_path = public, extensions;
alter role streambed_gateway set statement_timeout = '8s';
alter role streambed_gateway set lock_timeout = '8s';
