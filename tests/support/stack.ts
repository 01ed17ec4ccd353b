/** A whole real stack for a test: its own ports, its own data folder, its own processes. */
import { waitUntil } from '../../lib/wait.ts';
import type { StackConfig } from '../../stack/config.ts';
import { loadKeys, type StackKeys } from '../../stack/keys.ts';
import { readStatus, type ServiceStatus, type StackStatus } from '../../stack/status/read.ts';
import { createStackPlace, type StackPlace } from './stack-place.ts';
import { type StackProcess, spawnStack } from './stack-process.ts';

const PATIENCE_MS = 60_000;

export class TestStack {
  readonly #place: StackPlace;
  #process: StackProcess;

  constructor(place: StackPlace) {
    this.#place = place;
    this.#process = spawnStack(place.env);
  }

  get config(): StackConfig {
    return this.#place.config;
  }

  /** For programs that are to work with this stack. */
  get env(): NodeJS.ProcessEnv {
    return this.#place.env;
  }

  get keys(): StackKeys {
    return loadKeys(this.config.dataDir);
  }

  /** The supervisor, that is `stack/main.ts`, as it was last started. */
  get process(): StackProcess {
    return this.#process;
  }

  status(): Promise<StackStatus> {
    return readStatus(this.config);
  }

  async statusOf(service: string): Promise<ServiceStatus> {
    const { services } = await this.status();
    const found = services.find(({ name }) => name === service);
    if (!found) throw new Error(`the stack has no service "${service}"`);
    return found;
  }

  async pidOf(service: string): Promise<number> {
    const { pid } = await this.statusOf(service);
    if (pid === null) throw new Error(`the service "${service}" does not run`);
    return pid;
  }

  /** Kills the service's process. Returns the status that it had. */
  async kill9(service: string): Promise<ServiceStatus> {
    const before = await this.statusOf(service);
    process.kill(await this.pidOf(service), 'SIGKILL');
    return before;
  }

  /** Waits until the service's status is as wanted, and returns it. */
  async waitFor(
    service: string,
    wanted: (status: ServiceStatus) => boolean,
  ): Promise<ServiceStatus> {
    let last: ServiceStatus | undefined;
    const isWanted = async () => {
      last = await this.statusOf(service);
      return wanted(last);
    };
    if ((await waitUntil(isWanted, { timeoutMs: PATIENCE_MS, intervalMs: 100 })) && last)
      return last;
    throw this.#complaint(`"${service}" stays at ${JSON.stringify(last)}`);
  }

  /** Kills a service and waits until it was started again and is ready. */
  async killAndAwaitRestart(service: string): Promise<ServiceStatus> {
    const { restarts } = await this.kill9(service);
    return this.waitFor(service, (now) => now.ready && now.restarts > restarts);
  }

  /** Waits until the whole stack is ready. */
  async awaitReady(): Promise<void> {
    const isDecided = async () => this.#process.hasEnded() || (await this.status()).ready;
    const decided = await waitUntil(isDecided, { timeoutMs: PATIENCE_MS, intervalMs: 100 });
    if (!decided || this.#process.hasEnded()) throw this.#complaint('the stack is not ready');
  }

  /** Starts the stack again on the same data, once its process has ended. */
  async startAgain(args: readonly string[] = []): Promise<void> {
    await this.#process.ended;
    this.#process = spawnStack(this.env, args);
    await this.awaitReady();
  }

  /** Ends everything and deletes the data. */
  async stop(): Promise<void> {
    await this.#place.clear();
  }

  #complaint(what: string): Error {
    return new Error(`${what}; the stack printed:\n${this.#process.output()}`);
  }
}

/**
 * Starts a stack and waits until it is ready.
 * @param options.env variables on top of the test's own; ports and data folder are set already
 */
export async function startStack(options: { env?: NodeJS.ProcessEnv } = {}): Promise<TestStack> {
  const stack = new TestStack(await createStackPlace(options.env));
  try {
    await stack.awaitReady();
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
