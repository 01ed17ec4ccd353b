select private.drop_rpc('private.get_viewer_count(uuid)');
select private.drop_rpc('private.begin_viewing(uuid)');
drop function private.viewer_settings();
drop type public.begun_viewing;
drop type public.viewer_settings;
delete from private.settings where key like 'viewer\_%';
delete from private.errors where domain = 'viewers';
