select n.nspname as schema, 'relation' as kind, c.relname as object, concat(
    format(E'create policy %I on %s%s for %s to %s', p.polname, c.oid::regclass,
      case when not p.polpermissive then ' as restrictive' end,
      case p.polcmd
        when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all'
      end,
      (select string_agg(case r when 0 then 'public' else r::regrole::text end, ', ' order by r::regrole::text)
       from unnest(p.polroles) r)),
    E'\n  using (' || pg_get_expr(p.polqual, p.polrelid, true) || ')',
    E'\n  with check (' || pg_get_expr(p.polwithcheck, p.polrelid, true) || ')', ';',
    format(E'\ncomment on policy %I on %s is ', p.polname, c.oid::regclass)
      || quote_literal(obj_description(p.oid, 'pg_policy')) || ';'
  ) as statement
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
order by n.nspname, c.relname, p.polname
