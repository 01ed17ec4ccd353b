import type { DomainPrivileges } from '../../support/privileges.ts';

export default {
  tables: {
    stream_sessions: { authenticated: 'select', streams_service: 'select insert update delete' },
    streams: {
      anon: 'select',
      authenticated: 'select',
      streams_service: 'select insert update delete',
    },
  },
  columns: {
    streams: {
      authenticated: { update: 'category description settings title visibility' },
    },
  },
  rpcs: {
    authorize_play: 'service_role streams_service',
    begin_ingest: 'service_role streams_service',
    create_stream: 'authenticated service_role',
    delete_stream: 'authenticated service_role',
    disable_stream: 'authenticated service_role',
    enable_stream: 'authenticated service_role',
    end_ingest: 'service_role streams_service',
    get_admissions: 'authenticated service_role',
    get_playback: 'anon authenticated service_role',
    get_stream: 'anon authenticated service_role',
    get_stream_keys: 'authenticated service_role',
    reap_sessions: 'service_role streams_service',
    renew_ingest: 'service_role streams_service',
    rotate_stream_key: 'authenticated service_role',
    validate_stream_key: 'service_role streams_service',
  },
  helpers: { may_join_stream_topic: 'anon authenticated' },
} satisfies DomainPrivileges;
