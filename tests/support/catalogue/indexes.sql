select format('%s valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid)
from pg_index i
join pg_class c on c.oid = i.indexrelid
where c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
