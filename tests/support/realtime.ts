/** A real Realtime process behind a real gateway, and what its clients hear. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { RealtimeChannel, SupabaseClient } from '@supabase/supabase-js';
import { answersOk } from '../../lib/probes.ts';
import { ROOT } from '../../lib/root.ts';
import { waitUntil } from '../../lib/wait.ts';
import { type GatewayOptions, startGateway, type TestGateway } from './gateway.ts';

const PATIENCE_MS = 60_000;

export class TestRealtime {
  readonly gateway: TestGateway;
  #process: ChildProcess | undefined;
  #output = '';

  constructor(gateway: TestGateway) {
    this.gateway = gateway;
  }

  get output(): string {
    return this.#output;
  }

  /** Starts the process and waits until messages of the database arrive in it. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(ROOT, 'stack/realtime/main.ts')], {
      env: this.gateway.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        this.#output += chunk;
      });
    }
    await this.awaitReady();
  }

  async awaitReady(): Promise<void> {
    const health = `${this.gateway.config.realtimeUrl}/health`;
    const isUp = () => this.#hasEnded() || answersOk(health);
    const up = await waitUntil(isUp, { timeoutMs: PATIENCE_MS });
    if (!up || this.#hasEnded()) throw new Error(`Realtime is not up:\n${this.#output}`);
  }

  /** Ends the process alone. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    if (!child || this.#hasEnded()) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    await this.end();
    await this.gateway.stop();
  }

  #hasEnded(): boolean {
    return this.#process?.exitCode !== null || this.#process.signalCode !== null;
  }
}

/** Starts both; call `stop` in `afterAll`. */
export async function startRealtime(options: GatewayOptions = {}): Promise<TestRealtime> {
  const realtime = new TestRealtime(await startGateway(options));
  try {
    await realtime.start();
    return realtime;
  } catch (error) {
    await realtime.stop();
    throw error;
  }
}

export interface Heard {
  readonly event: string;
  readonly payload: Record<string, unknown>;
  readonly meta?: { readonly id?: string };
}

/** A subscribed channel with everything that it heard. */
export class Listener {
  readonly channel: RealtimeChannel;
  readonly heard: Heard[] = [];
  /** Each state of the subscription, with the error's text. */
  readonly states: string[] = [];

  constructor(channel: RealtimeChannel) {
    this.channel = channel;
    channel.on('broadcast', { event: '*' }, (message) => {
      this.heard.push(message as unknown as Heard);
    });
  }

  get payloads(): Record<string, unknown>[] {
    return this.heard.map(({ payload }) => payload);
  }

  /** Subscribes, and waits for the first answer. */
  async subscribe(): Promise<this> {
    this.channel.subscribe((state, error) => {
      this.states.push(error ? `${state} ${error.message}` : state);
    });
    await this.until(() => this.states.length > 0);
    return this;
  }

  async until(condition: () => boolean): Promise<void> {
    const done = await waitUntil(async () => condition(), {
      timeoutMs: PATIENCE_MS,
      intervalMs: 20,
    });
    if (done) return;
    const { states, heard } = this;
    throw new Error(`waited in vain; ${JSON.stringify({ states, heard: heard.slice(-5) })}`);
  }
}

/** Joins a topic and waits until that is answered. */
export function listen(
  client: SupabaseClient,
  topic: string,
  config: Parameters<SupabaseClient['channel']>[1] = { config: {} },
): Promise<Listener> {
  return new Listener(client.channel(topic, config)).subscribe();
}
