select private.drop_rpc('private.set_user_package(uuid, text, timestamptz)');
select private.drop_rpc('private.set_user_role(uuid, text)');
drop function private.check_not_last_admin(uuid);
drop function private.grant_admin(text);
