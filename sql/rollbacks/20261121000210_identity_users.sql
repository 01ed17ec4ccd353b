drop function public.expire_packages();
drop function private.expire_packages();
drop trigger settings_apply_default_streams_allowed on private.settings;
drop function private.apply_default_streams_allowed();
drop trigger packages_apply_to_users on public.packages;
drop function private.apply_package_to_users();
drop table public.users;
drop function private.prepare_user();
drop function private.streams_allowed(text, timestamptz);
