select private.drop_rpc('private.append_events(text, uuid, jsonb, bigint)');
select private.drop_rpc('private.append_event(text, uuid, text, jsonb, bigint, uuid, jsonb, uuid)');
drop function private.find_appended(uuid);
drop function private.write_event(text, uuid, text, jsonb, uuid, jsonb, bigint, uuid, bytea);
drop type public.appended_event;
drop function private.follow_up(text, uuid, bigint);
drop function private.create_head(text, uuid, bigint);
drop function private.check_event(text, jsonb, jsonb);
drop function private.check_aggregate(text, uuid);
