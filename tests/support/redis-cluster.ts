/** A real Redis Cluster of three masters, for a test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { answersPing } from '../../lib/probes.ts';
import { waitUntil } from '../../lib/wait.ts';
import { findRedisServer } from '../../stack/redis-program.ts';
import { freePort } from './free-port.ts';

const SLOTS = [
  [0, 5460],
  [5461, 10922],
  [10923, 16383],
] as const;
interface NodePorts {
  readonly port: number;
  /** Where the nodes talk to each other. */
  readonly bus: number;
}

export interface RedisCluster {
  readonly urls: readonly string[];
  /** Which of the masters, by its number, holds a key. */
  masterOf(key: string): Promise<number>;
  stop(): Promise<void>;
}

const urlOf = (port: number) => `redis://127.0.0.1:${port}`;

async function ask(port: number, command: string[]): Promise<unknown> {
  const client = createClient({
    url: urlOf(port),
    socket: { reconnectStrategy: false },
  });
  client.on('error', () => {});
  await client.connect();
  try {
    return await client.sendCommand(command);
  } finally {
    await client.close();
  }
}

async function startNode({ port, bus }: NodePorts, dir: string): Promise<ChildProcess> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  const cluster = ['--cluster-enabled', 'yes', '--cluster-config-file', `nodes-${port}.conf`];
  const args = [...settings, ...cluster, '--cluster-port', String(bus)];
  const node = spawn(await findRedisServer(), args, { stdio: 'ignore' });
  if (await waitUntil(() => answersPing(urlOf(port)), { timeoutMs: 60_000 })) return node;
  throw new Error(`redis-server does not answer on port ${port}`);
}

async function unite(nodes: readonly NodePorts[]): Promise<void> {
  const ports = nodes.map(({ port }) => port);
  const first = nodes[0] as NodePorts;
  for (const [i, port] of ports.entries()) {
    const [from, to] = SLOTS[i] as readonly [number, number];
    await ask(port, ['CLUSTER', 'ADDSLOTSRANGE', String(from), String(to)]);
    await ask(port, ['CLUSTER', 'MEET', '127.0.0.1', String(first.port), String(first.bus)]);
  }
  const isWhole = async () => {
    const states = await Promise.all(ports.map((port) => ask(port, ['CLUSTER', 'INFO'])));
    return states.every(
      (state) =>
        /cluster_state:ok/.test(String(state)) && /cluster_known_nodes:3/.test(String(state)),
    );
  };
  if (!(await waitUntil(isWhole, { timeoutMs: 60_000 })))
    throw new Error('the cluster did not form');
}

/** Starts it; `stop` in `afterAll`. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const dir = mkdtempSync(join(tmpdir(), 'streambed-cluster-'));
  const claimed: NodePorts[] = [];
  for (const _ of SLOTS) claimed.push({ port: await freePort(), bus: await freePort() });
  const nodes: ChildProcess[] = [];
  const stop = async () => {
    await Promise.all(
      nodes.map((node) => {
        const ended = once(node, 'close');
        node.kill('SIGKILL');
        return ended;
      }),
    );
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    for (const ports of claimed) nodes.push(await startNode(ports, dir));
    await unite(claimed);
  } catch (error) {
    await stop();
    throw error;
  }
  const masterOf = async (key: string) => {
    const slot = Number(await ask(claimed[0]?.port as number, ['CLUSTER', 'KEYSLOT', key]));
    return SLOTS.findIndex(([from, to]) => slot >= from && slot <= to);
  };
  return { urls: claimed.map(({ port }) => urlOf(port)), masterOf, stop };
}
