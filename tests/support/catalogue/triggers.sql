select format('%s enabled %s comment %L', pg_get_triggerdef(t.oid), t.tgenabled, obj_description(t.oid, 'pg_trigger'))
from pg_trigger t
where not t.tgisinternal
union all
select format('event trigger %I on %s calls %s enabled %s', evtname, evtevent, evtfoid::regproc, evtenabled)
from pg_event_trigger
union all
select pg_get_ruledef(r.oid) from pg_rewrite r
join pg_class c on c.oid = r.ev_class
where r.rulename <> '_RETURN' and c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
