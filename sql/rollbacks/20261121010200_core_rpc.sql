drop function private.drop_rpc(text);
drop function private.publish_rpc(text, text[]);
drop function private.write_rpc_shell(regprocedure, boolean);
drop function private.check_rpc(regprocedure, text[]);
