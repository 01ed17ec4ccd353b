drop function private.install_schedules(text, text);
drop function private.require_schedule_extensions(text);
drop function private.pg_cron_command(private.scheduled_jobs);
drop function private.call_edge_job(text);
drop function private.pg_cron_schedule(text);
delete from private.settings where key in ('functions_url', 'functions_secret_name');
