-- Of tables, views and their columns; every other comment stands with what it explains.
select n.nspname as schema, case c.relkind when 'c' then 'type' else 'relation' end as kind, c.relname as object,
  format('comment on %s %s is %L;', case
      when d.objsubid > 0 then 'column'
      when c.relkind = 'v' then 'view'
      when c.relkind = 'm' then 'materialized view'
      when c.relkind = 'i' then 'index'
      when c.relkind = 'S' then 'sequence'
      else 'table'
    end, concat_ws('.', c.oid::regclass, quote_ident(a.attname)), d.description) as statement
from pg_description d
join pg_class c on d.classoid = 'pg_class'::regclass and c.oid = d.objoid
join pg_namespace n on n.oid = c.relnamespace
left join pg_attribute a on a.attrelid = c.oid and a.attnum = nullif(d.objsubid, 0)
where n.nspname !~ '^(pg_|information_schema)'
order by n.nspname, c.relname, d.objsubid
