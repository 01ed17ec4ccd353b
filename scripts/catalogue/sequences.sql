-- A sequence of an identity column is told by the column, unless somebody gave it other numbers.
with numbers as (
  select s.*, owned.refobjid as owner_table, coalesce(owned.deptype = 'i', false) as is_identity
  from pg_sequence s
  left join pg_depend owned on owned.classid = 'pg_class'::regclass and owned.objid = s.seqrelid
    and owned.refclassid = 'pg_class'::regclass and owned.refobjsubid > 0 and owned.deptype in ('a', 'i')
)
select n.nspname as schema, 'relation' as kind, coalesce(t.relname, c.relname) as object,
  format('%s sequence %s as %s start %s increment %s minvalue %s maxvalue %s%s;',
    case when s.is_identity then 'alter' else 'create' end, s.seqrelid::regclass, s.seqtypid::regtype, s.seqstart,
    s.seqincrement, s.seqmin, s.seqmax, case when s.seqcycle then ' cycle' end) as statement
from numbers s
join pg_class c on c.oid = s.seqrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_class t on t.oid = s.owner_table
where not (s.is_identity and s.seqstart = 1 and s.seqincrement = 1 and s.seqmin = 1 and not s.seqcycle
  and s.seqmax in (32767, 2147483647, 9223372036854775807))
order by s.seqrelid::regclass::text
