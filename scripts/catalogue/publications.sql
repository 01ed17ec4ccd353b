select '' as schema, 'publication' as kind, pubname as object,
  format('create publication %I%s with (publish = ''%s'', publish_via_partition_root = %s); -- owner %s',
    pubname, case when puballtables then ' for all tables' end,
    concat_ws(', ', case when pubinsert then 'insert' end, case when pubupdate then 'update' end,
      case when pubdelete then 'delete' end, case when pubtruncate then 'truncate' end),
    pubviaroot, pubowner::regrole) as statement
from pg_publication
union all
select '', 'publication', pubname, concat(
    format('alter publication %I add table %s', pubname, prrelid::regclass),
    (select ' (' || string_agg(quote_ident(attname), ', ' order by attnum) || ')'
     from pg_attribute where attrelid = prrelid and attnum = any (prattrs)),
    ' where (' || pg_get_expr(prqual, prrelid, true) || ')', ';')
from pg_publication_rel
join pg_publication p on p.oid = prpubid
union all
select '', 'publication', pubname,
  format('alter publication %I add tables in schema %s;', pubname, pnnspid::regnamespace)
from pg_publication_namespace
join pg_publication p on p.oid = pnpubid
order by object, statement
