delete from private.scheduled_jobs where name = 'delete-files';
select private.drop_rpc('private.acknowledge_file_deletions(text, text[])');
select private.drop_rpc('private.take_file_deletions(integer)');
drop type public.file_deletion;
drop function private.request_file_deletions(text, text);
drop table private.file_deletions;
