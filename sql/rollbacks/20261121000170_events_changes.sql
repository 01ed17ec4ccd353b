drop function private.append_notice(text, uuid, text, jsonb, uuid);
drop function private.append_change();
drop function private.event_actor();
