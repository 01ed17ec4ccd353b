drop function private.erase_user(uuid);
drop table private.erasures;
