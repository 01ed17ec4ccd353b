-- Use timestamptz: a timestamp without a zone means another moment in every session.
select format('%I.%I.%I', n.nspname, c.relname, a.attname) as object
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and c.relkind in ('r', 'p', 'v', 'm')
  and a.attnum > 0 and not a.attisdropped and a.atttypid = 'timestamp'::regtype
