import type { DomainPrivileges } from '../../support/privileges.ts';

export default {
  tables: {
    stream_requests: { authenticated: 'select', streams_service: 'select insert update delete' },
  },
  rpcs: {
    approve_stream_request: 'authenticated service_role',
    cancel_stream_request: 'authenticated service_role',
    claim_session: 'service_role restream_worker',
    cleanup_orphaned_streams: 'service_role streams_service',
    get_stream_health: 'authenticated service_role',
    provide_session_source: 'service_role',
    reject_stream_request: 'authenticated service_role',
    renew_session: 'service_role restream_worker',
    report_session: 'service_role restream_worker',
    request_stream: 'authenticated service_role',
    start_stream_request: 'authenticated service_role',
    stop_restream: 'authenticated service_role',
  },
} satisfies DomainPrivileges;
