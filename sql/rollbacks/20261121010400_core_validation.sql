drop function private.enforce_transitions();
drop function private.touch_updated_at();
drop function private.check_json(text, jsonb, integer);
drop function private.check_range(text, bigint, bigint, bigint);
drop function private.check_one_of(text, text, text[]);
drop function private.check_text(text, text, integer, integer, boolean);
