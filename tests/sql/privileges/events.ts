import type { DomainPrivileges } from '../../support/privileges.ts';

export default {
  rpcs: {
    acknowledge_events: 'service_role',
    append_event: 'service_role',
    append_events: 'service_role',
    archive_events: 'service_role',
    claim_events: 'service_role',
    create_snapshot: 'service_role',
    get_audit_trail: 'authenticated',
    event_consumers: 'authenticated',
    get_events: 'service_role',
    get_snapshot: 'service_role',
    read_events: 'service_role',
    replay: 'service_role',
    verify_events: 'service_role',
  },
} satisfies DomainPrivileges;
