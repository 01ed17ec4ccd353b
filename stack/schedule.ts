/** The jobs that run at present, kept as the list in the database says. */
import { Cron } from 'croner';
import type { JobSettings, JobTarget } from './run-job.ts';
import { ScheduledJob } from './scheduled-job.ts';

interface Entry {
  readonly settings: string;
  /** Null for an expression that cannot be run. */
  readonly cron: Cron | null;
}

function start(settings: JobSettings, target: JobTarget): Cron | null {
  const job = new ScheduledJob(settings, target);
  try {
    return new Cron(settings.schedule, { protect: true, timezone: 'UTC' }, () => job.run());
  } catch (error) {
    console.error(`${settings.name} is not scheduled: ${(error as Error).message}`);
    return null;
  }
}

export class Schedule {
  readonly #target: JobTarget;
  readonly #entries = new Map<string, Entry>();

  constructor(target: JobTarget) {
    this.#target = target;
  }

  /** Starts what is new, stops what is gone, and starts anew what has changed; leaves the rest. */
  apply(wanted: readonly JobSettings[]): void {
    const described = new Map(wanted.map((job) => [job.name, JSON.stringify(job)]));
    for (const [name, { settings, cron }] of this.#entries) {
      if (described.get(name) === settings) continue;
      cron?.stop();
      this.#entries.delete(name);
    }
    for (const job of wanted) {
      if (this.#entries.has(job.name)) continue;
      const settings = described.get(job.name) as string;
      this.#entries.set(job.name, { settings, cron: start(job, this.#target) });
    }
  }

  stop(): void {
    this.apply([]);
  }
}
