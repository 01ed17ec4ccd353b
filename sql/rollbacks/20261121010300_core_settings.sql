drop table private.secrets;
drop function private.setting_text(text);
drop function private.setting_seconds(text);
drop function private.setting_integer(text);
drop function private.setting(text);
drop table private.settings;
