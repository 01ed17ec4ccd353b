drop function private.send_broadcast(text, text, jsonb);
