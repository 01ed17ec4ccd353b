import type { DomainPlans } from '../../support/plans.ts';

export default {
  functions: {
    'the sessions that are counted': `
      select * from public.stream_sessions where kind = 'ingest' and is_active`,
    'those that have just ended': `
      select * from public.stream_sessions
      where kind = 'ingest' and not is_active and stopped_at > now() - interval '1 minute'`,
  },
} satisfies DomainPlans;
