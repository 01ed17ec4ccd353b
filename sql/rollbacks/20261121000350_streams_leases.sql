drop function public.reap_sessions();
drop function private.reap_sessions();
drop function public.renew_ingest(text, text[], boolean);
drop function private.renew_ingest(text, text[], boolean);
drop function public.end_ingest(text, text, bigint);
drop function private.end_ingest(text, text, bigint);
