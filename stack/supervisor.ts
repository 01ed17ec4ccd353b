/**
 * Runs the services of the stack in stages: those of one stage start together, the next stage when
 * all of them are ready; they end in the opposite order.
 */
import { join } from 'node:path';
import type { StackConfig } from './config.ts';
import { LogFile } from './supervisor/log-file.ts';
import {
  identifySelf,
  type Phase,
  type RunState,
  removeRunState,
  writeRunState,
} from './supervisor/run-state.ts';
import type { Service } from './supervisor/service.ts';
import { ServiceProcess } from './supervisor/service-process.ts';

export interface SupervisorOptions {
  readonly config: StackConfig;
  readonly stages: readonly (readonly Service[])[];
  /** Receives what a person at the console should know. */
  readonly say: (line: string) => void;
}

export class Supervisor {
  readonly #config: StackConfig;
  readonly #say: (line: string) => void;
  readonly #stages: readonly (readonly ServiceProcess[])[];
  readonly #self = identifySelf();
  #phase: Phase = 'starting';

  constructor({ config, stages, say }: SupervisorOptions) {
    this.#config = config;
    this.#say = say;
    const supervise = (service: Service) =>
      new ServiceProcess(service, {
        log: new LogFile(join(config.dataDir, 'logs', `${service.name}.log`)),
        say,
        onChange: () => this.#writeState(),
      });
    this.#stages = stages.map((services) => services.map(supervise));
    this.#writeState();
  }

  /**
   * Starts the services of one stage together.
   * @throws Error of the first one that does not start
   */
  async startStage(stage: number, onReady: (name: string) => void): Promise<void> {
    const processes = this.#stages[stage] ?? [];
    await Promise.all(
      processes.map((process) => process.start().then(() => onReady(process.service.name))),
    );
  }

  /** Tells other processes that the whole stack is up. */
  markRunning(): void {
    this.#phase = 'running';
    this.#writeState();
  }

  /** Starts one service anew, because what it runs has changed. */
  async reload(name: string): Promise<void> {
    await this.#stages
      .flat()
      .find((process) => process.service.name === name)
      ?.reload();
  }

  /** Ends every service, last stage first; each within the bounds of its ending. */
  async stop(): Promise<void> {
    this.#phase = 'stopping';
    this.#writeState();
    for (const stage of this.#stages.toReversed()) {
      await Promise.all(stage.map((process) => process.stop()));
    }
    removeRunState(this.#config.dataDir);
  }

  /** A disk that takes no more must not end services that run. */
  #writeState(): void {
    try {
      writeRunState(this.#state());
    } catch (error) {
      this.#say(`the state for "npm run status" is not written: ${(error as Error).message}`);
    }
  }

  #state(): RunState {
    const services = this.#stages.flat().map(({ service, identity, restarts }) => ({
      name: service.name,
      process: identity,
      ending: service.ending,
      restarts,
    }));
    return { supervisor: this.#self, phase: this.#phase, config: this.#config, services };
  }
}
