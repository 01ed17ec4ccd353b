delete from private.scheduled_jobs where name = 'cleanup-orphaned-streams';
select private.drop_rpc('private.cleanup_orphaned_streams()');
drop function private.settle_lost_session(private.lost_sessions);
drop function private.requeue_session(uuid, integer);
drop view private.lost_sessions;
drop function private.hold_session(uuid, text);
drop function private.fail_lease_lost(uuid, text);
