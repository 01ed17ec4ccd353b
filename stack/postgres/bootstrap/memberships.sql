-- Who may act as whom. PostgreSQL 16 splits a membership into ADMIN, INHERIT and SET; before that
-- INHERIT is the member's own attribute and SET is always allowed. Once per cluster.
create function pg_temp.ensure_member(member text, role_name text, options text) returns void
language plpgsql as $$
begin
  execute format('grant %I to %I', role_name, member)
    || case when current_setting('server_version_num')::int >= 160000 then ' with ' || options else '' end;
end
$$;

select pg_temp.ensure_member(member, role_name, options)
from (values
  ('authenticator', 'anon', 'inherit false, set true'),
  ('authenticator', 'authenticated', 'inherit false, set true'),
  ('authenticator', 'service_role', 'inherit false, set true'),
  ('postgres', 'anon', 'admin true, inherit true, set true'),
  ('postgres', 'authenticated', 'admin true, inherit true, set true'),
  ('postgres', 'service_role', 'admin true, inherit true, set true'),
  ('postgres', 'pg_monitor', 'admin true, inherit true, set true'),
  ('postgres', 'pg_read_all_data', 'admin true, inherit true, set true'),
  ('postgres', 'pg_signal_backend', 'admin true, inherit true, set true'),
  -- Hosted Supabase lets `postgres` create policies and drop triggers on tables that these three
  -- own through its own server extension; here it inherits them, and guard.sql refuses the rest.
  ('postgres', 'supabase_auth_admin', 'inherit true, set false'),
  ('postgres', 'supabase_storage_admin', 'inherit true, set false'),
  ('postgres', 'supabase_realtime_admin', 'inherit true, set false'),
  ('supabase_storage_admin', 'authenticator', 'inherit false, set true'),
  -- Only here: the Realtime service, which is supabase_admin on hosted Supabase.
  ('supabase_realtime_admin', 'authenticator', 'inherit false, set true'),
  ('streambed_gateway', 'anon', 'inherit true, set true'),
  ('streambed_gateway', 'authenticated', 'inherit true, set true'),
  ('streambed_gateway', 'service_role', 'inherit true, set true')
) as memberships (member, role_name, options);

do $$
begin
  if current_setting('server_version_num')::int >= 160000 then
    perform pg_temp.ensure_member('postgres', 'authenticator', 'admin true, inherit true, set true');
    perform pg_temp.ensure_member('postgres', 'pg_create_subscription', 'admin false, inherit true, set true');
  end if;
end
$$;
