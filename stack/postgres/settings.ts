import { HOST } from '../../lib/host.ts';

export type ServerSettings = Readonly<Record<string, string | number>>;

/**
 * The server's settings. Errors are logged without the statement and without its details, because
 * both can hold what users typed, secrets included.
 */
const SERVER_SETTINGS: ServerSettings = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  max_connections: 100,
  wal_level: 'logical',
  max_wal_senders: 10,
  max_replication_slots: 10,
  max_slot_wal_keep_size: '1GB',
  shared_preload_libraries: 'pg_stat_statements',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %q%u@%d ',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

/** The `postgres` program's arguments for these settings; `overrides` win. */
export function settingArguments(port: number, overrides: ServerSettings = {}): string[] {
  return Object.entries({ ...SERVER_SETTINGS, port, ...overrides }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
}
