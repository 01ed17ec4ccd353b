select n.nspname as schema, 'relation' as kind, c.relname as object, concat(
    format('create %sview %s', case c.relkind when 'm' then 'materialized ' end, c.oid::regclass),
    ' with (' || array_to_string(c.reloptions, ', ') || ')', format(E' as\n%s', pg_get_viewdef(c.oid, true)),
    format(E'\nalter view %s owner to ', c.oid::regclass) || nullif(c.relowner::regrole::text, 'postgres') || ';'
  ) as statement
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname !~ '^(pg_|information_schema)' and c.relkind in ('v', 'm')
