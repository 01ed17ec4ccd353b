select private.drop_rpc('private.event_consumers()');
drop view private.event_consumer_lags;
select private.drop_rpc('private.acknowledge_events(text, bigint)');
select private.drop_rpc('private.claim_events(text, integer, integer, integer, integer)');
drop function private.find_member_events(private.event_consumer_members, bigint, integer);
drop function private.resize_consumer(text, integer);
drop function private.check_consumer(text, integer, integer, integer, integer);
drop function private.member_of(uuid, integer);
drop table private.event_consumer_members;
