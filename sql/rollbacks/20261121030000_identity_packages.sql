delete from private.settings where key = 'default_streams_allowed';
drop table public.packages;
delete from private.errors where domain = 'identity';
