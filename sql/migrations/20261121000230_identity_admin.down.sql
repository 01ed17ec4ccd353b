drop function public.get_settings();
drop function private.get_settings();
drop function public.set_setting(text, jsonb);
drop function private.set_setting(text, jsonb);
drop function public.set_user_package(uuid, text, timestamptz);
drop function private.set_user_package(uuid, text, timestamptz);
drop function public.set_user_role(uuid, text);
drop function private.set_user_role(uuid, text);
drop function private.grant_admin(text);
