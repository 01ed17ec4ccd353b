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
    authorize_play: 'streams_service',
    begin_ingest: 'streams_service',
    create_stream: 'authenticated',
    delete_stream: 'authenticated',
    disable_stream: 'authenticated',
    enable_stream: 'authenticated',
    end_ingest: 'streams_service',
    get_admissions: 'authenticated',
    get_playback: 'anon authenticated',
    get_stream: 'anon authenticated',
    get_stream_keys: 'authenticated',
    reap_sessions: 'streams_service',
    renew_ingest: 'streams_service',
    rotate_stream_key: 'authenticated',
    validate_stream_key: 'streams_service',
  },
  helpers: { may_join_stream_topic: 'anon authenticated' },
} satisfies DomainPrivileges;
