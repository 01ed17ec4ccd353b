/**
 * One database server for a whole test run, started when the first test asks for it. Vitest's main
 * process owns it, because workers come and go.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { chosenPackage } from './postgres-package.ts';
import { asSuperuser, type ScratchCluster, startScratchCluster } from './scratch-cluster.ts';

/** The migrated database that every test database is a copy of. */
export const TEMPLATE = 'streambed_template';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Unix socket that answers with the shared server's port. */
    clusterSocket: string;
  }
}

async function startShared(): Promise<ScratchCluster> {
  const cluster = await startScratchCluster(chosenPackage());
  try {
    await cluster.createMigrated(TEMPLATE);
    await asSuperuser(
      cluster.url('supabase_admin'),
      `alter database ${TEMPLATE} with is_template true allow_connections false`,
    );
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

function serve(cluster: () => Promise<ScratchCluster>): Server {
  return createServer(async (_request, response) => {
    try {
      response.end(JSON.stringify({ port: (await cluster()).port }));
    } catch (error) {
      response.statusCode = 500;
      response.end(error instanceof Error ? error.message : String(error));
    }
  });
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'streambed-test-'));
  const clusterSocket = join(folder, 'cluster.sock');
  let shared: Promise<ScratchCluster> | undefined;
  const server = serve(() => {
    shared ??= startShared();
    return shared;
  }).listen(clusterSocket);
  await once(server, 'listening');
  project.provide('clusterSocket', clusterSocket);
  return async () => {
    server.closeAllConnections();
    server.close();
    await shared?.then(
      (cluster) => cluster.stop(),
      () => {},
    );
    rmSync(folder, { recursive: true, force: true });
  };
}
