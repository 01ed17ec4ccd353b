-- Core: the schedules on Supabase, where pg_cron runs what private.scheduled_jobs lists.

insert into private.settings (key, value, comment) values
  ('functions_url', '""',
    'Where pg_cron calls edge functions: https://<project>.supabase.co/functions/v1; written by install_schedules.'),
  ('functions_secret_name', '""',
    'Name of the Vault secret that holds the secret key for these calls; written by install_schedules.');

create function private.pg_cron_schedule(schedule text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  fields text[] := string_to_array(schedule, ' ');
begin
  if cardinality(fields) = 5 then
    return schedule;
  elsif fields[1] = '0' then
    return array_to_string(fields[2:], ' ');
  elsif fields[2:] = array['*', '*', '*', '*', '*'] and fields[1] ~ '^\*/[1-5]?[0-9]$' and fields[1] <> '*/0' then
    return substr(fields[1], 3) || ' seconds';
  elsif fields = array['*', '*', '*', '*', '*', '*'] then
    return '1 seconds';
  end if;
  perform private.fail('schedule_invalid', format('pg_cron cannot run "%s".', schedule));
  return null;
end
$$;
comment on function private.pg_cron_schedule(text) is
  'A schedule as pg_cron writes it: five fields, or "N seconds". Raises schedule_invalid for seconds that it does not '
  'know.';

create function private.call_edge_job(job_name text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  job private.scheduled_jobs;
  secret_key text;
begin
  select * into job from private.scheduled_jobs where name = call_edge_job.job_name and enabled;
  if not found then
    return;
  end if;
  -- Names as arguments of format, here and below: checkers look up what stands in the text, and these need not exist.
  execute format('select decrypted_secret from %I.decrypted_secrets where name = $1', 'vault') into secret_key
  using private.setting_text('functions_secret_name');
  execute format('select %I.http_post(url => $1, body => $2, headers => $3, timeout_milliseconds => $4)', 'net')
  using private.setting_text('functions_url') || '/' || job.edge_function,
    jsonb_build_object('job', job.name),
    jsonb_build_object('content-type', 'application/json', 'apikey', secret_key),
    job.timeout_seconds * 1000;
end
$$;
comment on function private.call_edge_job(text) is
  'Calls a job''s edge function through pg_net, with the secret key from Vault: what pg_cron runs. Nothing for a job '
  'that is not there or not enabled.';

create function private.pg_cron_command(job private.scheduled_jobs)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case when job.edge_function is null
    then format('set local statement_timeout = %L; '
      'select private.run_job(name) from private.scheduled_jobs where name = %L and enabled',
      job.timeout_seconds || 's', job.name)
    else format('select private.call_edge_job(%L)', job.name) end;
end
$$;
comment on function private.pg_cron_command(private.scheduled_jobs) is 'What pg_cron runs for a job.';

create function private.require_schedule_extensions(secret_name text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  missing text := (
    select string_agg(wanted.label, ', ' order by wanted.label collate "C")
    from (values ('pg_cron', 'cron.job'), ('pg_net', 'net.http_request_queue'), ('Vault', 'vault.decrypted_secrets'))
      as wanted (label, relation)
    where to_regclass(wanted.relation) is null);
  is_known boolean;
begin
  if missing is not null then
    perform private.fail('extensions_missing', format('This database has no %s.', missing));
  end if;
  execute format('select exists (select from %I.decrypted_secrets where name = $1)', 'vault')
  into is_known using secret_name;
  if not is_known then
    perform private.fail('secret_not_found', format('Vault has no secret "%s".', secret_name));
  end if;
end
$$;
comment on function private.require_schedule_extensions(text) is
  'Raises extensions_missing without pg_cron, pg_net and Vault, secret_not_found without the secret.';

create function private.install_schedules(base_url text, secret_name text)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  job private.scheduled_jobs;
  installed integer := 0;
begin
  if coalesce(base_url, '') !~ '^https?://[^\s?#]+$' then
    perform private.fail('base_url_invalid', 'base_url must be an address.');
  end if;
  perform private.require_schedule_extensions(secret_name);
  update private.settings set value = to_jsonb(rtrim(base_url, '/')) where key = 'functions_url';
  update private.settings set value = to_jsonb(secret_name) where key = 'functions_secret_name';
  execute format('select count(%1$I.unschedule(jobid)) from %1$I.job where starts_with(jobname, ''streambed:'') '
    'and substr(jobname, 11) not in (select name from private.scheduled_jobs where enabled)', 'cron');
  for job in select * from private.scheduled_jobs where enabled order by name loop
    execute format('select %I.schedule($1, $2, $3)', 'cron')
    using 'streambed:' || job.name, private.pg_cron_schedule(job.schedule), private.pg_cron_command(job);
    installed := installed + 1;
  end loop;
  return installed;
end
$$;
comment on function private.install_schedules(text, text) is
  'On Supabase: has pg_cron run every enabled job and no other; edge functions are called through pg_net, with the '
  'secret key that Vault holds under secret_name. base_url: https://<project>.supabase.co/functions/v1. Run it again '
  'after each change of private.scheduled_jobs; it can be repeated. Returns how many jobs are installed. For the '
  'owner of the database. Raises base_url_invalid, extensions_missing, schedule_invalid, secret_not_found.';
