select n.nspname as schema, 'function' as kind, p.oid::regprocedure::text as object, concat(
    case p.prokind
      when 'a' then format('create aggregate %s', p.oid::regprocedure)
      else rtrim(pg_get_functiondef(p.oid), E'\n')
    end, ';',
    format(E'\nalter function %s owner to ', p.oid::regprocedure)
      || nullif(p.proowner::regrole::text, 'postgres') || ';',
    format(E'\ncomment on function %s is ', p.oid::regprocedure)
      || quote_literal(obj_description(p.oid, 'pg_proc')) || ';'
  ) as statement
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where n.nspname !~ '^(pg_|information_schema)'
  and not exists (
    select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
