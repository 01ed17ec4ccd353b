/** What the commands show to people. */
import type { Health } from './health.ts';
import type { MigrationStatus } from './status.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A size as people read it: `12.3 MB`. */
export function formatBytes(bytes: number): string {
  const unit = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  return `${(bytes / 1000 ** unit).toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
}

function describeApplication({ state, appliedAt, recorded }: MigrationStatus): string {
  if (state === 'pending') return '';
  const when = appliedAt?.toISOString() ?? 'by another tool';
  return recorded ? when : `${when}; its text is not recorded, so an edit does not show`;
}

/** One line per migration. */
export function formatStatus(migrations: MigrationStatus[]): string {
  if (migrations.length === 0) return 'There are no migrations.';
  const width = Math.max(...migrations.map(({ name }) => name.length));
  return migrations
    .map((migration) => {
      const { name, state } = migration;
      return `${name.padEnd(width)}  ${state.padEnd(7)}  ${describeApplication(migration)}`.trimEnd();
    })
    .join('\n');
}

function formatPending(pending: string[]): string {
  return pending.length === 0 ? 'none' : `${pending.length} (${pending.join(', ')})`;
}

/** The report as lines. */
export function formatHealth(health: Health): string {
  if (health.error !== null) return `unhealthy: ${health.error}`;
  const tables = health.biggest_tables.map(
    ({ name, bytes }) => `  ${formatBytes(bytes).padStart(10)}  ${name}`,
  );
  return [
    `${health.healthy ? 'healthy' : 'unhealthy'}: ${health.target}`,
    `server              PostgreSQL ${health.server_version}`,
    `pending migrations  ${formatPending(health.pending_migrations)}`,
    `database size       ${formatBytes(health.database_bytes ?? 0)}`,
    'biggest tables',
    ...tables,
  ].join('\n');
}
