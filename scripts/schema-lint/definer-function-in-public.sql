-- Make it security invoker over a security definer function in private, which checks the caller first.
select p.oid::regprocedure::text as object
from pg_proc p
where p.pronamespace = 'public'::regnamespace and p.prosecdef
