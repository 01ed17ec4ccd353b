drop function private.drop_recording(text);
drop function private.record_events(text, text, text, text, text[], jsonb, text[], text, text, text);
drop function private.write_recorder(private.recording, text);
drop function private.check_recording(private.recording);
drop function private.recorded_columns(private.recording);
drop type private.recording;
drop function private.append_notice(text, uuid, text, jsonb, uuid, text[], text, text, jsonb);
drop function private.announce(public.appended_event, text, text, text, jsonb);
drop function private.event_actor();
