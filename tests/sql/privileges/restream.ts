import type { DomainPrivileges } from '../../support/privileges.ts';

export default {
  tables: {
    stream_requests: { authenticated: 'select', streams_service: 'select insert update delete' },
  },
  rpcs: {
    approve_stream_request: 'authenticated',
    cancel_stream_request: 'authenticated',
    claim_session: 'restream_worker',
    cleanup_orphaned_streams: 'streams_service',
    get_stream_health: 'authenticated',
    provide_session_source: 'service_role',
    reject_stream_request: 'authenticated',
    renew_session: 'restream_worker',
    report_session: 'restream_worker',
    request_stream: 'authenticated',
    start_stream_request: 'authenticated',
    stop_restream: 'authenticated',
  },
} satisfies DomainPrivileges;
