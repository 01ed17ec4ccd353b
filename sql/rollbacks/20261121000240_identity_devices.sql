drop function public.my_linked_accounts();
drop function private.my_linked_accounts();
drop function public.revoke_session(uuid);
drop function private.revoke_session(uuid);
drop function public.register_device(text, text);
drop function private.register_device(text, text);
drop table public.user_sessions;
