-- Core: what is done on a schedule, and the record of it. A job is an SQL function, or an edge function where the
-- database alone cannot do it. One run of a job goes on at a time; a run that found nothing to do leaves no row.

create table private.scheduled_jobs (
  name text primary key check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  schedule text not null check (schedule ~ '^\S+( \S+){4,5}$'),
  sql_function text check (sql_function ~ '^private\.[a-z][a-z0-9_]*$'),
  edge_function text check (edge_function ~ '^[a-z][a-z0-9_-]{0,62}$'),
  enabled boolean not null default true,
  timeout_seconds integer not null default 60 check (timeout_seconds between 1 and 3600),
  check (num_nonnulls(sql_function, edge_function) = 1)
);
comment on table private.scheduled_jobs is
  'The only list of what runs on a schedule; each domain adds its own rows. The local scheduler sees a change within '
  'seconds; on Supabase run private.install_schedules again.';
comment on column private.scheduled_jobs.schedule is
  'A cron expression in UTC of five fields, or of six that begin with seconds.';
comment on column private.scheduled_jobs.sql_function is
  'A function without parameters, without its parentheses. What it returns is the run''s result; null, 0, {} and [] '
  'mean that there was nothing to do.';
comment on column private.scheduled_jobs.edge_function is 'The edge function that is called with a secret key.';
comment on column private.scheduled_jobs.enabled is 'false: no schedule calls it; by hand it still can be.';
comment on column private.scheduled_jobs.timeout_seconds is
  'How long a run may take; after that it is recorded as failed and the job may run again.';

create table private.job_states (
  job_name text primary key references private.scheduled_jobs (name) on delete cascade on update cascade,
  run_id bigint not null default 0,
  began_at timestamptz,
  leased_until timestamptz,
  finished_at timestamptz
) with (fillfactor = 50);
comment on table private.job_states is
  'The newest run of each job. The row is the lock under which a job runs once at a time.';
comment on column private.job_states.run_id is 'Counts the runs of the job, idle ones too.';
comment on column private.job_states.leased_until is
  'Until then no other run of the job begins, unless this one finishes; null: it has finished.';

create table private.job_runs (
  job_name text not null,
  run_id bigint not null,
  created_at timestamptz not null,
  finished_at timestamptz not null,
  ok boolean not null,
  result jsonb,
  error text
) partition by range (created_at);
comment on table private.job_runs is
  'Each finished run of a job that did something or failed, from created_at to finished_at. Kept for 14 days. Admins '
  'read it through get_job_runs.';
comment on column private.job_runs.ok is 'Whether it did all it had to.';
comment on column private.job_runs.result is 'What it did.';
comment on column private.job_runs.error is 'Why it failed.';
create index job_runs_name_idx on private.job_runs (job_name, created_at desc);
select private.register_log_table('private.job_runs', 'day', '14 days');

create function private.end_job_run(state private.job_states, ok boolean, result jsonb, error text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  moment constant timestamptz := clock_timestamp();
begin
  update private.job_states set leased_until = null, finished_at = moment where job_name = state.job_name;
  if not ok or coalesce(result, 'null') not in ('null', '0', 'false', '{}', '[]') then
    insert into private.job_runs (job_name, run_id, created_at, finished_at, ok, result, error)
    values (state.job_name, state.run_id, state.began_at, moment, end_job_run.ok, end_job_run.result,
      left(end_job_run.error, 2000));
  end if;
end
$$;
comment on function private.end_job_run(private.job_states, boolean, jsonb, text) is
  'Records how a run ended, unless it had nothing to do, and lets the job run again.';

create type public.job_lease as (begun boolean, run_id bigint, leased_until timestamptz);
comment on type public.job_lease is 'What begin_job_run answers.';
comment on column public.job_lease.begun is 'Whether a run has begun; not while another one of the job goes on.';
comment on column public.job_lease.run_id is 'The run to finish; null: none has begun.';
comment on column public.job_lease.leased_until is 'When the run that goes on counts as failed.';

create function private.begin_job_run(job_name text)
returns public.job_lease
language plpgsql
security definer
set search_path = ''
as $$
declare
  job private.scheduled_jobs;
  state private.job_states;
begin
  select * into job from private.scheduled_jobs where name = begin_job_run.job_name;
  if not found then
    perform private.fail('job_not_found', format('There is no scheduled job "%s".', left(begin_job_run.job_name, 60)));
  end if;
  insert into private.job_states (job_name) values (job.name) on conflict do nothing;
  select * into state from private.job_states where job_states.job_name = job.name for no key update;
  if state.leased_until > clock_timestamp() then
    return row(false, null, state.leased_until)::public.job_lease;
  elsif state.leased_until is not null then
    perform private.end_job_run(state, false, null,
      format('It did not finish within %s seconds.', job.timeout_seconds));
  end if;
  update private.job_states
  set run_id = state.run_id + 1, began_at = clock_timestamp(),
      leased_until = clock_timestamp() + make_interval(secs => job.timeout_seconds), finished_at = null
  where job_states.job_name = job.name
  returning * into state;
  return row(true, state.run_id, state.leased_until)::public.job_lease;
end
$$;
comment on function private.begin_job_run(text) is
  'Begins a run of a scheduled job, unless another run of it goes on. A run that outlives the job''s timeout is '
  'recorded as failed when the next one begins. Raises job_not_found. Callable by service_role.';
select private.publish_rpc('private.begin_job_run(text)', 'service_role');

create function private.finish_job_run(
  job_name text,
  run_id bigint,
  ok boolean,
  result jsonb default null,
  error text default null
)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  state private.job_states;
begin
  perform private.check_json('result', result, 262144);
  select * into state from private.job_states
  where job_states.job_name = finish_job_run.job_name and job_states.run_id = finish_job_run.run_id
    and leased_until is not null
  for no key update;
  if not found then
    return false;
  end if;
  perform private.end_job_run(state, coalesce(ok, false), result, error);
  return true;
end
$$;
comment on function private.finish_job_run(text, bigint, boolean, jsonb, text) is
  'Records how a run ended, and lets the job run again. A result of null, 0, {} or [] means that there was nothing to '
  'do: that is not recorded. True if it was news: false for a run that has ended already, by itself or as timed out. '
  'Raises result_invalid past 256 kB. Callable by service_role.';
select private.publish_rpc('private.finish_job_run(text, bigint, boolean, jsonb, text)', 'service_role');

create function private.run_job(job_name text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  job private.scheduled_jobs;
  lease public.job_lease;
  result jsonb;
  error text;
begin
  select * into job from private.scheduled_jobs where name = run_job.job_name;
  if not pg_try_advisory_xact_lock(hashtextextended('job ' || run_job.job_name, 0)) then
    return null; -- the lease of a run that goes on in one transaction is not to be seen yet, and would be waited for
  end if;
  lease := private.begin_job_run(run_job.job_name);
  if not lease.begun then
    return null;
  end if;
  begin
    execute format('select to_jsonb(%s())', job.sql_function) into result;
  exception when others or query_canceled then
    error := format('%s (%s)', sqlerrm, sqlstate);
    raise warning '%: %', job.name, error;
  end;
  perform private.finish_job_run(job.name, lease.run_id, error is null, result, error);
  return result;
end
$$;
comment on function private.run_job(text) is
  'Runs a job that is an SQL function, in this transaction, and records it. Returns its result; null while another '
  'run goes on, or where it failed. What runs schedules calls it, as the owner of the database.';

create function private.get_job_runs(name text, max_count integer default 100)
returns table (
  id bigint, job_name text, started_at timestamptz, finished_at timestamptz, ok boolean, result jsonb, error text
)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_admin();
  return query
    (select run_id, state.job_name, began_at, state.finished_at, null::boolean, null::jsonb, null::text
     from private.job_states as state where state.job_name = get_job_runs.name and leased_until > clock_timestamp())
    union all
    (select run_id, run.job_name, created_at, run.finished_at, run.ok, run.result, run.error
     from private.job_runs as run where run.job_name = get_job_runs.name
     order by created_at desc limit greatest(least(max_count, 1000), 0));
end
$$;
comment on function private.get_job_runs(text, integer) is
  'The last runs of a scheduled job that did something or failed, newest first, at most 1000; before them the one '
  'that goes on now, if any (ok is null). For admins. Raises admin_required, sign_in_required.';
select private.publish_rpc('private.get_job_runs(text, integer)', 'authenticated');

insert into private.scheduled_jobs (name, schedule, sql_function) values
  ('maintain-partitions', '0 */10 * * * *', 'private.maintain_partitions');
