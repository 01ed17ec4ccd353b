drop function public.report_session(uuid, text, text, text, text, integer);
drop function private.report_session(uuid, text, text, text, text, integer);
drop function private.end_restream(public.stream_sessions, text, text, integer);
drop function private.mask_report(uuid, text);
drop function public.renew_session(uuid, text, jsonb);
drop function private.renew_session(uuid, text, jsonb);
drop function public.claim_session(text, integer);
drop function private.claim_session(text, integer);
drop function private.describe_claim(private.restream_jobs);
drop function public.cleanup_orphaned_streams();
drop function private.cleanup_orphaned_streams();
drop function private.settle_lost_session(private.lost_sessions);
drop function private.requeue_session(uuid, integer);
drop view private.lost_sessions;
drop function private.hold_session(uuid, text);
drop function private.fail_lease_lost(uuid, text);

-- The role stays in the cluster, where other databases may use it.
revoke usage on schema public, private from restream_worker;
