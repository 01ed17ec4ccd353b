import type { DomainPlans } from '../../support/plans.ts';

export default {
  fill: (rows) => `
    insert into public.streams (id, user_id, title, visibility, status, category, created_at)
      select md5('s' || n)::uuid, md5('u' || n)::uuid, 't', case n % 3 when 0 then 'private' else 'public' end,
        case n % 500 when 0 then 'live' else 'idle' end, (array['art', 'music'])[n % 2 + 1], now() - n * interval '1 second'
      from generate_series(1, ${rows}) as n;
    insert into public.stream_sessions
      (stream_id, user_id, kind, status, media_server, publisher_id, last_seen_at, created_at)
      select md5('s' || n)::uuid, md5('u' || n)::uuid, 'ingest', case n % 500 when 0 then 'running' else 'stopped' end,
        'm', 'p' || n, now(), now() - n * interval '1 second'
      from generate_series(1, ${rows}) as n`,
  anyone: {
    'the newest streams': 'select * from public.streams order by created_at desc limit 20',
    'the next keyset page of them': `
      select * from public.streams where created_at < now() - interval '1 minute' order by created_at desc limit 20`,
    'the newest streams with their owners': `
      select streams.*, username from public.streams join public.profiles on profiles.id = user_id
      order by streams.created_at desc limit 20`,
    'what is live': 'select * from public.streams where is_live order by started_at desc limit 20',
    'the most watched':
      'select * from public.streams where is_live order by viewer_count desc limit 20',
    'a category': `select * from public.streams where category = 'music' order by created_at desc limit 20`,
    "a user's streams": `
      select * from public.streams where user_id = md5('u7')::uuid order by created_at desc limit 20`,
    'one stream': `select * from public.streams where id = md5('s7')::uuid`,
  },
  signedIn: {
    'my sessions': 'select * from public.stream_sessions order by created_at desc limit 20',
    "a stream's sessions": `
      select * from public.stream_sessions where stream_id = md5('s7')::uuid order by created_at desc limit 20`,
  },
  functions: {
    'what the cleanup ends': 'select * from private.ended_sessions',
    "a publisher's session": `
      select * from public.stream_sessions
      where media_server = 'm' and publisher_id = 'p7' and is_active and kind = 'ingest'`,
  },
} satisfies DomainPlans;
