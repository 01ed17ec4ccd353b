drop function private.enforce_transitions();
drop function private.touch_updated_at();
drop function private.check_one_of(text, text, text[]);
drop function private.check_text(text, text, integer, integer, boolean);
drop table private.secrets;
drop function private.setting_text(text);
drop function private.setting_seconds(text);
drop function private.setting_integer(text);
drop function private.setting(text);
drop table private.settings;
drop function private.fail(integer, text, text, text);

alter default privileges for role postgres grant execute on functions to public;
alter default privileges for role postgres in schema public grant all on functions to anon, authenticated;
alter default privileges for role postgres in schema public grant all on sequences to anon, authenticated;
alter default privileges for role postgres in schema public grant all on tables to anon, authenticated;

-- pgcrypto stays: on hosted Supabase it was there before us.
revoke usage on schema private from anon, authenticated, service_role;
drop schema private;
