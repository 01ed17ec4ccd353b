/** What the hook answers when it cannot decide: never "go on", and always what to do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { functionsService } from '../../stack/functions.ts';
import { loadKeys } from '../../stack/keys.ts';
import { ownError } from '../support/own-error.ts';
import { createStackPlace, type StackPlace } from '../support/stack-place.ts';
import { MEDIA_SERVERS } from './media-servers/all.ts';
import { nginxRtmp, updatePublish } from './media-servers/nginx-rtmp.ts';

const PUBLISHER = {
  streamId: '0b2c1d7e-4f6a-4c1b-9d55-1f6f1a0e7c11',
  key: 'f'.repeat(48),
  ip: '198.51.100.7',
};

let place: StackPlace;
let host: ChildProcess | undefined;
beforeAll(async () => {
  place = await createStackPlace();
  return () => place.clear();
});
afterEach(async () => {
  if (!host || host.exitCode !== null) return;
  host.kill('SIGKILL');
  await once(host, 'exit');
});

/** Starts the functions' host alone: there is no gateway, let alone a database. */
async function startHost(environment: NodeJS.ProcessEnv = {}): Promise<void> {
  const service = functionsService(place.config);
  const { command, args, env } = await service.command();
  host = spawn(command, args, {
    env: { ...env, ...environment },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  expect(await waitUntil(service.probe, { timeoutMs: 60_000 })).toBe(true);
}

async function call(body: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const secret = loadKeys(place.config.dataDir).ingestSecret;
  const url = `${place.config.functionsUrl}/functions/v1/ingest?secret=${secret}`;
  const response = await fetch(url, { method: 'POST', body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('no database: every server’s publish, end and play are answered 503 with the four fields', async () => {
  await startHost();
  for (const server of MEDIA_SERVERS) {
    const publisher = { ...PUBLISHER, id: server.publisherId(1) };
    const bodies = [
      ...server.publish(publisher),
      server.unpublish(publisher),
      server.play({ streamId: PUBLISHER.streamId }),
    ];
    for (const body of bodies) {
      expect(await call(body), server.name).toEqual(ownError('database_unreachable'));
    }
  }
});

test('no database: nginx keeps the publisher that it has', async () => {
  await startHost();
  const body = updatePublish({ ...PUBLISHER, id: nginxRtmp.publisherId(1) });
  expect(await call(body)).toEqual({ status: 200, body: { code: 0 } });
});

test('no INGEST_SECRET: 500, and how to set one', async () => {
  await startHost({ INGEST_SECRET: '' });
  const [body = ''] = nginxRtmp.publish({ ...PUBLISHER, id: '1' });
  expect(await call(body)).toEqual(ownError('ingest_secret_missing'));
});
