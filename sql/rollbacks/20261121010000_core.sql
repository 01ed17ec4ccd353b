alter default privileges for role postgres grant execute on functions to public;
alter default privileges for role postgres in schema public grant all on functions to anon, authenticated;
alter default privileges for role postgres in schema public grant all on sequences to anon, authenticated;
alter default privileges for role postgres in schema public grant all on tables to anon, authenticated;

-- pgcrypto stays: on hosted Supabase it was there before us.
revoke usage on schema private from anon, authenticated, service_role;
drop schema private;
