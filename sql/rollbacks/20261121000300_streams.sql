drop function public.get_stream(uuid);
drop function private.get_stream(uuid);
drop function private.lock_managed_stream(uuid, boolean);
drop function private.require_readable_stream(uuid, boolean);
drop function private.may_oversee(uuid, boolean);
drop function private.fail_stream_not_found(uuid);
drop table public.streams;
drop function private.prepare_stream();
drop function private.check_stream_settings(jsonb);
delete from private.settings where key in ('max_streams_per_user', 'stream_categories', 'stream_settings_types', 'rtmp_url');

-- The role stays in the cluster, where other databases may use it.
revoke usage on schema public, private from streams_service;
