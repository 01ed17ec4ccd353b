with states (code, note) as (values ('D'::"char", ' -- disabled'), ('R', ' -- on replicas only'), ('A', ' -- always'))
select n.nspname as schema, 'relation' as kind, c.relname as object, concat(
    pg_get_triggerdef(t.oid, true), ';', s.note,
    format(E'\ncomment on trigger %I on %s is ', t.tgname, c.oid::regclass)
      || quote_literal(obj_description(t.oid, 'pg_trigger')) || ';'
  ) as statement
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
join pg_namespace n on n.oid = c.relnamespace
left join states s on s.code = t.tgenabled
where not t.tgisinternal and t.tgparentid = 0
union all
select n.nspname, 'relation', c.relname, pg_get_ruledef(r.oid, true)
from pg_rewrite r
join pg_class c on c.oid = r.ev_class
join pg_namespace n on n.oid = c.relnamespace
where r.rulename <> '_RETURN' and n.nspname !~ '^(pg_|information_schema)'
union all
select '', 'event trigger', evtname,
  format('create event trigger %I on %s execute function %s();%s', evtname, evtevent, evtfoid::regproc, s.note)
from pg_event_trigger
left join states s on s.code = evtenabled
order by schema, object, statement
