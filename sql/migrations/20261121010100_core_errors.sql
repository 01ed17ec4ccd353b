-- Core: errors. A refusal names its code; the catalogue knows status and hint. Each domain lists its own codes.

create table private.errors (
  code text primary key check (code ~ '^[a-z][a-z0-9_]{2,62}$'),
  domain text not null,
  status integer not null check (status between 400 and 599),
  hint text not null check (hint ~ '\S')
);
comment on table private.errors is
  'Every code that the database refuses with. docs/errors.md is made of it. A code has one status.';
comment on column private.errors.code is 'The stable word that programs match: `details` in the API''s answer.';
comment on column private.errors.hint is 'What to do next. It names no values; the message does.';

create function private.fail(code text, message text)
returns void
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  known private.errors;
begin
  select * into known from private.errors where errors.code = fail.code;
  raise exception using
    errcode = 'PT' || coalesce(known.status, 500),
    message = fail.message,
    detail = fail.code,
    hint = coalesce(known.hint, 'This code is missing in private.errors: tell whoever runs this service.');
end
$$;
comment on function private.fail(text, text) is
  'Refuses the current statement the way every rule of Streambed does: SQLSTATE PT<status>, which the API turns into '
  'that HTTP status and {code, message, details, hint}. code: one of private.errors, which has status and hint; any '
  'other is a PT500. message: what happened, with the values. Callable by every role, because triggers run as the '
  'client.';
grant execute on function private.fail(text, text) to anon, authenticated, service_role;

insert into private.errors (domain, code, status, hint) values
  ('core', 'admin_required', 403, 'Sign in as an admin.'),
  ('core', 'base_url_invalid', 400, 'Give https://<project>.supabase.co/functions/v1.'),
  ('core', 'extensions_missing', 501,
    'Enable them under Database > Extensions; the local stack needs none of them, it has a scheduler.'),
  ('core', 'invalid_transition', 409, 'Read the row again: it has changed meanwhile, or there is no such move.'),
  ('core', 'job_not_found', 404, 'The table private.scheduled_jobs lists the jobs.'),
  ('core', 'result_invalid', 400, 'Give the figures of what was done: at most 256 kB and 64 levels.'),
  ('core', 'rpc_invalid', 400, 'Mend the function in its migration, then publish it.'),
  ('core', 'schedule_invalid', 400,
    'With seconds pg_cron knows every N of them (*/10 * * * * *) and the full minute (0 …) only.'),
  ('core', 'secret_not_found', 404,
    'Store the project''s secret key: select vault.create_secret(''sb_secret_…'', ''<name>'').'),
  ('core', 'setting_missing', 500, 'Run the migrations; every setting is created by the one that needs it.'),
  ('core', 'setting_not_found', 404, 'get_settings lists the settings.'),
  ('core', 'sign_in_required', 401, 'Sign in and call again with the user''s access token.'),
  ('core', 'value_invalid', 400,
    'Give a value of the setting''s JSON type, at most 256 kB and 64 levels; a number is whole, from 0 to 999999999.');
