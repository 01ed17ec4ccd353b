select format('publication %I owner %s all %s insert %s update %s delete %s', pubname, pubowner::regrole, puballtables,
  pubinsert, pubupdate, pubdelete)
from pg_publication
union all
select format('publication %I has %I.%I columns %s where %s', pubname, schemaname, tablename, attnames, rowfilter)
from pg_publication_tables
