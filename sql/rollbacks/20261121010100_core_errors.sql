drop function private.fail(text, text);
drop table private.errors;
