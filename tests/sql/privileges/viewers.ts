import type { DomainPrivileges } from '../../support/privileges.ts';

export default {
  rpcs: {
    begin_viewing: 'anon authenticated',
    get_counted_sessions: 'service_role',
    get_viewer_count: 'service_role',
    get_viewer_history: 'authenticated',
    record_viewers: 'service_role',
  },
} satisfies DomainPrivileges;
