select private.drop_rpc('private.get_stream(uuid)');
drop function private.lock_managed_stream(uuid, boolean);
drop function private.require_readable_stream(uuid, boolean);
drop function private.may_see_stream(public.streams);
drop function private.may_oversee(uuid, boolean);
drop function private.fail_stream_not_found(uuid);
select private.drop_recording('public.streams');
drop table public.streams;
drop function private.prepare_stream();
drop function private.check_presentation(text, text);
drop function private.check_stream_settings(jsonb);
delete from private.settings
  where key in ('max_streams_per_user', 'stream_categories', 'stream_settings_types', 'rtmp_url');

-- The role stays in the cluster, where other databases may use it.
revoke usage on schema public, private from streams_service;
delete from private.errors where domain = 'streams';
