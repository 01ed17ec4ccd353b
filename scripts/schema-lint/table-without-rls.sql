-- alter table … enable row level security; partitions need it too, they can be named directly.
select format('%I.%I', n.nspname, c.relname) as object
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relrowsecurity
