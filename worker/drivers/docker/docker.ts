/** Runs ffmpeg in containers, one a run, through the Docker Engine's API. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayPlace } from '../../relay/target-relay.ts';
import type { Driver, Run, RunEnd, RunOptions } from '../driver.ts';
import { type ContainerLimits, describeContainer, WORKER_LABEL } from './container.ts';
import { type Engine, EngineError } from './engine.ts';
import { ContainerOutput } from './output.ts';

const FAREWELL_SECONDS = 2;
/** How long the last output may take after the end. */
const LAST_OUTPUT_MS = 2_000;

export interface DockerOptions extends ContainerLimits {
  readonly image: string;
  readonly network: string;
  readonly workerId: string;
  readonly place: RelayPlace;
}

/** Gone already, or just now: as wanted. */
function ignoreGone(error: unknown): void {
  if (error instanceof EngineError && [304, 404, 409].includes(error.status)) return;
  throw error;
}

export class DockerDriver implements Driver {
  readonly #engine: Engine;
  readonly #options: DockerOptions;

  /** @param engine connected */
  constructor(engine: Engine, options: DockerOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  get place(): RelayPlace {
    return this.#options.place;
  }

  async prepare(): Promise<number> {
    const { image, workerId } = this.#options;
    await this.#engine.inspectImage(image).catch((error) => {
      if (!(error instanceof EngineError && error.status === 404)) throw error;
      throw new Error(`The Docker Engine does not have the image ${image}: docker pull ${image}`);
    });
    const leftovers = await this.#engine.list([`${WORKER_LABEL}=${workerId}`]);
    await Promise.all(leftovers.map(({ Id }) => this.#remove(Id)));
    return leftovers.length;
  }

  async start({ sessionId, args, onStdout, onStderr }: RunOptions): Promise<Run> {
    const name = `streambed-${sessionId}-${randomBytes(4).toString('hex')}`;
    const { relayHost, ...options } = { relayHost: this.place.host, ...this.#options };
    const id = await this.#engine.create(
      name,
      describeContainer({ ...options, relayHost, sessionId, args }),
    );
    try {
      const output = await this.#listen(id, new ContainerOutput(onStdout, onStderr));
      await this.#engine.start(id);
      const ended = this.#watch(id, output);
      return {
        containerId: id,
        ended,
        stop: () => this.#end(this.#engine.stop(id, FAREWELL_SECONDS), ended),
        kill: () => this.#end(this.#engine.kill(id), ended),
      };
    } catch (error) {
      await this.#remove(id).catch(() => {});
      throw error;
    }
  }

  /** Hands its output over; the result settles with its end. */
  async #listen(id: string, output: ContainerOutput): Promise<{ readonly ended: Promise<void> }> {
    const stream = await this.#engine.attach(id);
    stream.on('data', (bytes: Buffer) => output.write(bytes));
    const ended = once(stream, 'close').then(
      () => output.end(),
      () => output.end(),
    );
    return { ended };
  }

  async #watch(id: string, output: { readonly ended: Promise<void> }): Promise<RunEnd> {
    const end = await this.#engine.wait(id).then(
      (exitCode) => this.#explain(id, exitCode),
      (error: Error) => ({
        exitCode: null,
        error: `ffmpeg’s container was lost: ${error.message}`,
      }),
    );
    await Promise.race([output.ended, sleep(LAST_OUTPUT_MS)]);
    await this.#remove(id).catch(() => {}); // the next start of this worker does it
    return end;
  }

  async #explain(id: string, exitCode: number): Promise<RunEnd> {
    const state = await this.#engine.inspect(id).then(
      ({ State }) => State,
      () => null,
    );
    if (state?.OOMKilled) {
      const { memoryMb } = this.#options;
      return { exitCode, error: `ffmpeg ran out of its ${memoryMb} MB of memory.` };
    }
    return { exitCode, error: state?.Error || null };
  }

  /** Asks for the end; the relays that close behind it bring it about where the Engine does not answer. */
  async #end(asked: Promise<void>, ended: Promise<RunEnd>): Promise<RunEnd> {
    asked.catch(ignoreGone).catch(() => {});
    return await ended;
  }

  async #remove(id: string): Promise<void> {
    await this.#engine.remove(id).catch(ignoreGone);
  }
}
