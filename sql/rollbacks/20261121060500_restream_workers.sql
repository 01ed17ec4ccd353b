select private.drop_rpc('private.report_session(uuid, text, text, text, text, integer)');
drop type public.reported_session;
drop function private.note_running(uuid, text);
drop function private.end_restream(public.stream_sessions, text, text, integer);
drop function private.mask_report(uuid, text);
select private.drop_rpc('private.renew_session(uuid, text, jsonb)');
drop type public.renewed_session;
select private.drop_rpc('private.claim_session(text, integer)');
drop function private.describe_idle_queue();
drop function private.describe_claim(private.restream_jobs);
drop function private.describe_worker_rules();
drop type public.session_claim;
drop type public.worker_rules;
drop type public.claimed_session;

-- The role stays in the cluster, where other databases may use it.
revoke usage on schema public, private from restream_worker;
