-- Which there are depends on the day on which somebody looks.
select n.nspname as schema, c.relname as object
from pg_partitioned_table p
join pg_attribute a on a.attrelid = p.partrelid and a.attnum = any (p.partattrs)
join pg_inherits i on i.inhparent = p.partrelid
join pg_class c on c.oid = i.inhrelid
join pg_namespace n on n.oid = c.relnamespace
where a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype) and c.oid <> p.partdefid
