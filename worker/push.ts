/** One run of ffmpeg from source to target. */
import { LastLines } from '../lib/last-lines.ts';
import type { Driver, Run, RunEnd } from './drivers/driver.ts';
import { pushArguments } from './ffmpeg/arguments.ts';
import { Progress, type PushStats } from './ffmpeg/progress.ts';
import type { MediaFacts } from './ffmpeg/streams.ts';
import type { Ending, PushEnd } from './outcome.ts';
import type { TargetRelay } from './relay/target-relay.ts';
import type { Secrets } from './secrets.ts';

const BEGIN_CHECK_MS = 100;
const LINES_TO_KEEP = 20;

export interface PushOptions {
  readonly sessionId: string;
  readonly driver: Driver;
  readonly relay: TargetRelay;
  readonly sourceUrl: string;
  readonly media: MediaFacts;
  readonly repeat: boolean;
  readonly secrets: Secrets;
  /** Why the source could not be read, where that is known. */
  readonly explain: () => Error | null;
  /** The target has begun to take the stream. */
  readonly onBegin: (containerId: string | null) => void;
}

export class Push {
  readonly #options: PushOptions;
  readonly #progress: Progress;
  readonly #lastLines = new LastLines(LINES_TO_KEEP);
  #run: Run | null = null;
  #ending: Ending | null = null;

  constructor(options: PushOptions) {
    this.#options = options;
    this.#progress = new Progress(() => options.relay.bytesOut);
  }

  get stats(): PushStats | null {
    return this.#options.relay.isPublishing ? this.#progress.stats() : null;
  }

  /** Runs to the end, whoever brings that about. */
  async run(): Promise<PushEnd> {
    const { driver, relay, secrets, sourceUrl, media, repeat, sessionId } = this.#options;
    const targetUrl = await relay.listen(driver.place);
    secrets.add(targetUrl, '<target>');
    this.#run = await driver.start({
      sessionId,
      args: pushArguments({ sourceUrl, targetUrl, media, repeat }),
      onStdout: (line) => this.#progress.read(line),
      onStderr: (line) => this.#lastLines.add(line),
    });
    const watch = setInterval(() => this.#watchBegin(watch), BEGIN_CHECK_MS);
    if (this.#ending) this.end(this.#ending);
    const end = await this.#run.ended;
    clearInterval(watch);
    relay.close();
    return this.#describe(end);
  }

  /** Has ffmpeg finish, or kills it when there is no time left. */
  end(ending: Ending): void {
    this.#ending = ending;
    if (ending === 'lost') this.#options.relay.close();
    if (!this.#run) return;
    if (ending === 'stop') void this.#run.stop();
    else void this.#run.kill();
  }

  #watchBegin(watch: NodeJS.Timeout): void {
    if (!this.#options.relay.isPublishing) return;
    clearInterval(watch);
    this.#options.onBegin(this.#run?.containerId ?? null);
  }

  #describe({ exitCode, error }: RunEnd): PushEnd {
    const { relay } = this.#options;
    return {
      exitCode,
      problem: exitCode === 0 ? null : this.#problem(exitCode, error),
      lastLines: this.#lastLines.all,
      hasPushed: relay.isPublishing,
    };
  }

  #problem(exitCode: number | null, error: string | null): string {
    const { relay, explain } = this.#options;
    const known = error ?? relay.failure ?? explain()?.message;
    if (known) return known;
    return exitCode === null
      ? 'ffmpeg was ended from outside.'
      : `ffmpeg ended with exit code ${exitCode}.`;
  }
}
