-- Core: what is done on a schedule. On Supabase pg_cron calls the edge functions, locally the stack's scheduler; both
-- work off one list, and every run is recorded by the function that is called.

create table private.scheduled_jobs (
  name text primary key check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  schedule text not null check (schedule ~ '^\S+( \S+){4,5}$'),
  function_name text not null check (function_name ~ '^[a-z][a-z0-9_-]{0,62}$'),
  enabled boolean not null default true,
  timeout_seconds integer not null default 60 check (timeout_seconds between 1 and 3600)
);
comment on table private.scheduled_jobs is
  'The only list of what runs on a schedule. The local scheduler sees a change within seconds; on Supabase run private.install_schedules again.';
comment on column private.scheduled_jobs.schedule is 'A cron expression in UTC of five fields, or of six that begin with seconds.';
comment on column private.scheduled_jobs.function_name is 'The edge function that is called with a secret key.';
comment on column private.scheduled_jobs.enabled is 'false: no schedule calls it; by hand it still can be.';
comment on column private.scheduled_jobs.timeout_seconds is 'How long a run may take; after that it is recorded as failed and the job may run again.';

insert into private.scheduled_jobs (name, schedule, function_name, timeout_seconds) values
  ('cleanup', '*/10 * * * * *', 'cleanup', 60);

-- Runs -----------------------------------------------------------------------------------------

create table private.job_runs (
  id bigint generated always as identity,
  created_at timestamptz not null default now(),
  job_name text not null,
  finished_at timestamptz,
  ok boolean,
  result jsonb,
  error text
) partition by range (created_at);
comment on table private.job_runs is 'Each run of a scheduled job, from created_at to finished_at. Kept for 14 days. Admins read it through get_job_runs.';
comment on column private.job_runs.ok is 'Whether it did all it had to; null while it runs.';
comment on column private.job_runs.result is 'What it did, step by step.';
comment on column private.job_runs.error is 'Why it failed.';
create index job_runs_name_idx on private.job_runs (job_name, created_at desc);
select private.register_log_table('private.job_runs', 'day', '14 days');

create table private.job_leases (
  job_name text primary key references private.scheduled_jobs (name) on delete cascade on update cascade,
  run_id bigint not null,
  began_at timestamptz not null,
  leased_until timestamptz not null
);
comment on table private.job_leases is 'The one run that a job may have at a time.';
comment on column private.job_leases.leased_until is 'Until then no other run of the job begins, unless this one finishes.';

create function private.end_job_run(lease private.job_leases, is_ok boolean, run_result jsonb, run_error text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update private.job_runs set finished_at = clock_timestamp(), ok = is_ok, result = run_result, error = run_error
  where created_at = lease.began_at and id = lease.run_id and job_name = lease.job_name;
  delete from private.job_leases where job_name = lease.job_name;
end
$$;
comment on function private.end_job_run(private.job_leases, boolean, jsonb, text) is 'Records how a run ended and gives its lease back.';

create function private.begin_job_run(wanted_name text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  job private.scheduled_jobs;
  lease private.job_leases;
  moment timestamptz;
  new_run bigint;
begin
  select * into job from private.scheduled_jobs where name = wanted_name for no key update;
  if not found then
    perform private.fail(404, 'job_not_found', format('There is no scheduled job "%s".', left(wanted_name, 60)),
      'The table private.scheduled_jobs lists them.');
  end if;
  moment := clock_timestamp();
  select * into lease from private.job_leases where job_name = job.name;
  if lease.leased_until > moment then
    return jsonb_build_object('begun', false, 'leased_until', lease.leased_until);
  elsif lease.run_id is not null then
    perform private.end_job_run(lease, false, null, format('It did not finish within %s seconds.', job.timeout_seconds));
  end if;
  insert into private.job_runs (job_name, created_at) values (job.name, moment) returning id into new_run;
  insert into private.job_leases values (job.name, new_run, moment, moment + make_interval(secs => job.timeout_seconds));
  return jsonb_build_object('begun', true, 'run_id', new_run);
end
$$;
comment on function private.begin_job_run(text) is 'See public.begin_job_run.';
grant execute on function private.begin_job_run(text) to service_role;

create function public.begin_job_run(job_name text)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  return private.begin_job_run(begin_job_run.job_name);
end
$$;
comment on function public.begin_job_run(text) is
  'Begins a run of a scheduled job: {begun: true, run_id}, or {begun: false, leased_until} while another run of it goes on. '
  'A run that outlives the job''s timeout is recorded as failed when the next one begins. Raises PT404 job_not_found. Callable by service_role.';

create function private.finish_job_run(wanted_name text, wanted_run bigint, is_ok boolean, run_result jsonb, run_error text)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  lease private.job_leases;
begin
  select * into lease from private.job_leases where job_name = wanted_name and run_id = wanted_run for update;
  if not found then
    return false;
  end if;
  perform private.end_job_run(lease, coalesce(is_ok, false), run_result, left(run_error, 2000));
  return true;
end
$$;
comment on function private.finish_job_run(text, bigint, boolean, jsonb, text) is 'See public.finish_job_run.';
grant execute on function private.finish_job_run(text, bigint, boolean, jsonb, text) to service_role;

create function public.finish_job_run(job_name text, run_id bigint, ok boolean, result jsonb default null, error text default null)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  return private.finish_job_run(finish_job_run.job_name, finish_job_run.run_id, finish_job_run.ok, finish_job_run.result, finish_job_run.error);
end
$$;
comment on function public.finish_job_run(text, bigint, boolean, jsonb, text) is
  'Records how a run ended, and lets the job run again. True if that was news: false for a run that is recorded already, by itself or as timed out. '
  'Callable by service_role.';

create function private.get_job_runs(wanted_name text, max_count integer)
returns setof private.job_runs
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_admin();
  return query
    select * from private.job_runs where job_name = wanted_name order by created_at desc, id desc limit least(max_count, 1000);
end
$$;
comment on function private.get_job_runs(text, integer) is 'See public.get_job_runs.';
grant execute on function private.get_job_runs(text, integer) to authenticated, service_role;

create function public.get_job_runs(name text, max_count integer default 100)
returns table (id bigint, job_name text, started_at timestamptz, finished_at timestamptz, ok boolean, result jsonb, error text)
language plpgsql
stable
set search_path = ''
as $$
begin
  return query
    select run.id, run.job_name, run.created_at, run.finished_at, run.ok, run.result, run.error
    from private.get_job_runs(get_job_runs.name, get_job_runs.max_count) as run;
end
$$;
comment on function public.get_job_runs(text, integer) is
  'The last runs of a scheduled job, newest first, at most 1000. Admins only (PT403 admin_required).';
grant execute on function public.get_job_runs(text, integer) to authenticated;

-- Schedules on Supabase ------------------------------------------------------------------------

insert into private.settings (key, value, comment) values
  ('functions_url', '""', 'Where pg_cron calls the edge functions, such as https://<project>.supabase.co/functions/v1; written by install_schedules.'),
  ('functions_secret_name', '""', 'Name of the Vault secret that holds the secret key for these calls; written by install_schedules.');

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
  perform private.fail(400, 'schedule_invalid', format('pg_cron cannot run "%s".', schedule),
    'With seconds it knows every N of them (*/10 * * * * *) and the full minute (0 …) only.');
  return null;
end
$$;
comment on function private.pg_cron_schedule(text) is
  'A schedule as pg_cron writes it: five fields, or "N seconds". Raises PT400 schedule_invalid for seconds that it does not know.';

create function private.call_job(wanted_name text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  job private.scheduled_jobs;
  secret_key text;
begin
  select * into job from private.scheduled_jobs where name = wanted_name and enabled;
  if not found then
    return;
  end if;
  -- Names as arguments of format, here and below: checkers of code look up what stands in the text, and these need not exist.
  execute format('select decrypted_secret from %I.decrypted_secrets where name = $1', 'vault') into secret_key
  using private.setting_text('functions_secret_name');
  execute format('select %I.http_post(url => $1, body => $2, headers => $3, timeout_milliseconds => $4)', 'net')
  using private.setting_text('functions_url') || '/' || job.function_name,
    jsonb_build_object('job', job.name),
    jsonb_build_object('content-type', 'application/json', 'apikey', secret_key),
    job.timeout_seconds * 1000;
end
$$;
comment on function private.call_job(text) is
  'Calls a job''s edge function through pg_net, with the secret key from Vault: what pg_cron runs. Nothing for a job that is not there or not enabled.';

create function private.require_schedule_extensions(secret_name text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  missing text := (
    select string_agg(wanted.label, ', ' order by wanted.label collate "C")
    from (values ('pg_cron', 'cron.job'), ('pg_net', 'net.http_request_queue'), ('Vault', 'vault.decrypted_secrets')) as wanted (label, relation)
    where to_regclass(wanted.relation) is null);
  is_known boolean;
begin
  if missing is not null then
    perform private.fail(501, 'extensions_missing', format('This database has no %s.', missing),
      'Enable them under Database > Extensions; the local stack needs none, its scheduler reads private.scheduled_jobs itself.');
  end if;
  execute format('select exists (select from %I.decrypted_secrets where name = $1)', 'vault') into is_known using secret_name;
  if not is_known then
    perform private.fail(404, 'secret_not_found', format('Vault has no secret "%s".', secret_name),
      format('Store the project''s secret key: select vault.create_secret(''sb_secret_…'', %L).', secret_name));
  end if;
end
$$;
comment on function private.require_schedule_extensions(text) is
  'Raises PT501 extensions_missing without pg_cron, pg_net and Vault, PT404 secret_not_found without the secret.';

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
    perform private.fail(400, 'base_url_invalid', 'base_url must be an address.', 'Give https://<project>.supabase.co/functions/v1.');
  end if;
  perform private.require_schedule_extensions(secret_name);
  update private.settings set value = to_jsonb(rtrim(base_url, '/')) where key = 'functions_url';
  update private.settings set value = to_jsonb(secret_name) where key = 'functions_secret_name';
  execute format('select count(%1$I.unschedule(jobid)) from %1$I.job where starts_with(jobname, ''streambed:'') '
    'and substr(jobname, 11) not in (select name from private.scheduled_jobs where enabled)', 'cron');
  for job in select * from private.scheduled_jobs where enabled order by name loop
    execute format('select %I.schedule($1, $2, $3)', 'cron') using 'streambed:' || job.name, private.pg_cron_schedule(job.schedule),
      format('select private.call_job(%L)', job.name);
    installed := installed + 1;
  end loop;
  return installed;
end
$$;
comment on function private.install_schedules(text, text) is
  'On Supabase: has pg_cron call every enabled job and no other, through pg_net, with the secret key that Vault holds under secret_name. base_url: https://<project>.supabase.co/functions/v1. '
  'Run it again after each change of private.scheduled_jobs; it can be repeated. Returns how many jobs are installed. For the owner of the database. '
  'Raises PT501 extensions_missing, PT404 secret_not_found, PT400 base_url_invalid or schedule_invalid.';
