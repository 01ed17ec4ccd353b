-- Core: the schema `private`, and the end of Supabase's default grants.

create schema private;
comment on schema private is 'What no browser may read: secrets, settings, helpers. Never exposed through the API.';
grant usage on schema private to anon, authenticated, service_role;

create extension if not exists pgcrypto with schema extensions;

-- Supabase grants ALL on each new object of `public` to anon and authenticated. From here on, a grant
-- that is not written does not exist. service_role keeps its defaults: it is the server's own key.
alter default privileges for role postgres in schema public revoke all on tables from anon, authenticated;
alter default privileges for role postgres in schema public revoke all on sequences from anon, authenticated;
alter default privileges for role postgres in schema public revoke all on functions from anon, authenticated;
alter default privileges for role postgres revoke execute on functions from public;

-- What runs on every publish is plpgsql even where one expression would do: Postgres plans an SQL function that sets
-- search_path anew at each call (20 to 60 microseconds), a plpgsql one once a connection.
