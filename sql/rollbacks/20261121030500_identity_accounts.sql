select private.drop_rpc('private.delete_account()');
drop trigger streambed_handle_deleted_user on auth.users;
drop function private.handle_deleted_user();
