drop trigger streambed_handle_changed_user on auth.users;
drop trigger streambed_handle_new_user on auth.users;
drop function private.handle_changed_user();
drop function private.handle_new_user();
drop function private.create_profile(auth.users);
drop function private.suggest_username(auth.users);
drop table public.profiles;
drop function private.prepare_profile();
