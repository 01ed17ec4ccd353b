/** Ports that cannot be used are told before anything is started. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { isOutgoingOnly } from '../../stack/supervisor/port-owner.ts';
import { findPortProblems } from '../../stack/supervisor/ports.ts';
import { runNode } from '../support/cli.ts';
import { createStackPlace, type StackPlace } from '../support/stack-place.ts';

let place: StackPlace;
beforeEach(async () => {
  place = await createStackPlace();
});
afterEach(() => place.clear());

async function listenOn(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Another program that listens, started the way any other would be. */
async function foreignListener(port: number) {
  const script = `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

test('a port in use is named with its owner and the variable that changes it', async () => {
  const port = place.config.ports.media;
  const owner = await foreignListener(port);
  try {
    const start = await runNode(['stack/main.ts'], place.env);
    expect(start.code).toBe(1);
    expect(start.stderr).toContain(`Port ${port} (media) is in use by pid ${owner.pid} (`);
    expect(start.stderr).toContain('createServer()');
    expect(start.stderr).toContain('STREAMBED_PORT_MEDIA');
  } finally {
    owner.kill();
    await once(owner, 'exit');
  }
});

test('every port in use is named, and nothing was started', async () => {
  const { db, api } = place.config.ports;
  const servers = await Promise.all([listenOn(db), listenOn(api)]);
  const start = await runNode(['stack/main.ts'], place.env);
  for (const server of servers) server.close();
  expect(start.code).toBe(1);
  expect(start.stderr).toContain(`Port ${db} (db)`);
  expect(start.stderr).toContain(`Port ${api} (api)`);
  expect(existsSync(join(place.config.dataDir, 'postgres'))).toBe(false);
});

test('a port that every interface listens on is in use as well', async () => {
  const server = createServer().listen(place.config.ports.rtmp, '::');
  await once(server, 'listening');
  const problems = await findPortProblems(
    [{ name: 'rtmp', port: place.config.ports.rtmp }],
    () => {},
  );
  server.close();
  expect(problems).toEqual([expect.stringContaining(`pid ${process.pid} (`)]);
});

test('one port for two services is refused', async () => {
  const start = await runNode(['stack/main.ts'], {
    ...place.env,
    STREAMBED_PORT_MEDIA: String(place.config.ports.api),
  });
  expect(start.code).toBe(1);
  expect(start.stderr).toContain(`Port ${place.config.ports.api} is set for both api and media`);
});

test('a port that is no port is refused', async () => {
  const start = await runNode(['stack/main.ts'], { ...place.env, STREAMBED_PORT_API: 'eighty' });
  expect(start.code).toBe(1);
  expect(start.stderr).toContain('STREAMBED_PORT_API must be a whole number from 1 to 65535');
});

test.runIf(process.platform === 'linux')(
  'a port that an outgoing connection happens to use is waited for',
  async () => {
    const server = await listenOn(place.config.ports.media);
    server.on('connection', (peer) => peer.on('error', () => {}));
    const socket = createConnection({ port: place.config.ports.media, host: '127.0.0.1' });
    await once(socket, 'connect');
    const port = socket.localPort as number;
    expect(isOutgoingOnly(port)).toBe(true);
    expect(isOutgoingOnly(place.config.ports.media)).toBe(false);

    const waitedFor: number[] = [];
    const found = findPortProblems([{ name: 'api', port }], (one) => waitedFor.push(one));
    await waitUntil(() => waitedFor.length > 0, { timeoutMs: 60_000 });
    socket.resetAndDestroy();
    expect(await found).toEqual([]);
    expect(waitedFor).toEqual([port]);
    server.close();
  },
);
