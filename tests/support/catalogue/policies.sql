select format('policy %I on %s %s permissive %s to %s using %s check %s comment %L', p.polname, p.polrelid::regclass,
  p.polcmd, p.polpermissive,
  array(select case r when 0 then 'public' else r::regrole::text end from unnest(p.polroles) r order by 1),
  pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy'))
from pg_policy p
