-- Wrap the call: (select auth.uid()). Then it runs once a statement and not once a row.
with expressions as (
  select p.polname, p.polrelid::regclass as relation,
    concat_ws(' ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) as source
  from pg_policy p
),
-- a call that depends on no column: of auth.*, current_setting, or any function without arguments
marked as (
  select polname, relation,
    regexp_replace(source, '(?:\m\w+\.)?\m(?:current_setting\([^()]*\)|\w+\(\))', '@', 'g') as source
  from expressions
),
-- what Postgres makes of (select call()) with, at most, an operator on its result
unwrapped as (
  select polname, relation,
    regexp_replace(source, '\( SELECT (?:(?! FROM )[^()@])*\(?(?:(?! FROM )[^()@])*@'
      '(?:(?! FROM )[^()@])*\)?(?:(?! FROM )[^()@])*\)', '', 'g') as source
  from marked
)
select format('%I on %s', polname, relation) as object
from unwrapped
where source like '%@%'
