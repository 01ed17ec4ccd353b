drop function public.set_user_package(uuid, text, timestamptz);
drop function private.set_user_package(uuid, text, timestamptz);
drop function public.set_user_role(uuid, text);
drop function private.set_user_role(uuid, text);
drop function private.grant_admin(text);
