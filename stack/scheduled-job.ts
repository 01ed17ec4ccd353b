/** One job that is run on a schedule, and what is said of its runs. */
import { type JobSettings, type JobTarget, runJob } from './run-job.ts';

function describe(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}

function tellsOfWork(result: unknown): boolean {
  return typeof result === 'object' && result !== null
    ? Object.values(result).some(Boolean)
    : Boolean(result);
}

export class ScheduledJob {
  readonly #settings: JobSettings;
  readonly #target: JobTarget;
  #isFailing = false;

  constructor(settings: JobSettings, target: JobTarget) {
    this.#settings = settings;
    this.#target = target;
  }

  /**
   * Runs it once. Never rejects: the first failure of a streak goes to stderr; its end, and a result
   * in which anything was done, to stdout.
   */
  async run(): Promise<void> {
    const { name } = this.#settings;
    try {
      const result = await runJob(this.#settings, this.#target);
      if (this.#isFailing) console.log(`${name} works again`);
      this.#isFailing = false;
      if (tellsOfWork(result)) console.log(name, JSON.stringify(result));
    } catch (error) {
      if (!this.#isFailing) console.error(`${name} failed: ${describe(error)}`);
      this.#isFailing = true;
    }
  }
}
