import type { DomainPlans } from '../../support/plans.ts';

export default {
  fill: () => `
    insert into public.stream_requests
      (user_id, stream_id, session_id, video_source, rtmp_url, title, status, created_at)
      select user_id, stream_id, id, 'https://example.com/v', 'rtmp://example.com/app/****', 't',
        (array['pending', 'approved', 'stopped', 'stopped', 'stopped'])[extract(second from created_at)::int % 5 + 1],
        created_at
      from public.stream_sessions`,
  signedIn: {
    'my requests': 'select * from public.stream_requests order by created_at desc limit 20',
    'my requests that wait': `
      select * from public.stream_requests where status = 'pending' order by created_at desc limit 20`,
    'the request of a session': `
      select * from public.stream_requests where session_id = md5('s7')::uuid`,
  },
} satisfies DomainPlans;
