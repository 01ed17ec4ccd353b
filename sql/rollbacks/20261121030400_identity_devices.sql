select private.drop_rpc('private.my_linked_accounts()');
select private.drop_rpc('private.revoke_session(uuid)');
select private.drop_rpc('private.register_device(text, text)');
select private.drop_recording('public.user_sessions');
drop table public.user_sessions;
