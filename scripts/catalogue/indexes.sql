-- Those of constraints are told by the constraint, those of partitions by the index of the parent.
select n.nspname as schema, 'relation' as kind, t.relname as object,
  concat(pg_get_indexdef(i.indexrelid, 0, true), ';', case when not i.indisvalid then ' -- not valid' end) as statement
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_class t on t.oid = i.indrelid
join pg_namespace n on n.oid = t.relnamespace
where n.nspname !~ '^(pg_|information_schema)' and not c.relispartition
  and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.conrelid = i.indrelid)
order by n.nspname, c.relname
