import type { DomainPlans } from '../../support/plans.ts';

export default {
  fill: (rows) => `
    insert into auth.users (id, email) select md5('u' || n)::uuid, 'u' || n from generate_series(1, ${rows}) as n;
    insert into public.users (id, email) select id, email from auth.users;
    insert into public.profiles (id, username) select id, email from auth.users;
    insert into public.user_sessions (id, user_id, device_name, device_type)
      select id, id, 'd', 'web' from auth.users`,
  small: ['packages'],
  anyone: {
    'a profile by name': `select * from public.profiles where username = 'u7'`,
    'profiles whose name begins so': `
      select * from public.profiles where username like 'u77%' order by username limit 20`,
  },
  signedIn: {
    'my account': 'select * from public.users',
    'my devices': 'select * from public.user_sessions order by last_seen_at desc',
  },
} satisfies DomainPlans;
