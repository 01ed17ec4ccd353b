/** Runs ffmpeg as a child process, the leader of a process group of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { endProcess } from '../../lib/end-process.ts';
import { HOST } from '../../lib/host.ts';
import { readLines } from '../../lib/read-lines.ts';
import { sendSignal } from '../../lib/send-signal.ts';
import type { Driver, Run, RunEnd, RunOptions } from './driver.ts';
import { ProcessRecord } from './process-record.ts';

const PLACE = { bind: HOST, host: HOST };
const FAREWELL_MS = 2_000;

function send(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode !== null || child.signalCode !== null || !child.pid) return;
  sendSignal(-child.pid, signal);
}

async function end(child: ChildProcess): Promise<RunEnd> {
  try {
    const [exitCode] = await once(child, 'exit');
    return { exitCode, error: null };
  } catch (error) {
    return { exitCode: null, error: `ffmpeg could not be run: ${(error as Error).message}` };
  }
}

export class ProcessDriver implements Driver {
  readonly place = PLACE;
  readonly #program: string;
  readonly #record: ProcessRecord;
  readonly #children = new Set<ChildProcess>();

  /**
   * @param program ffmpeg's path
   * @param folder where to note what runs; the worker's alone
   */
  constructor(program: string, folder: string) {
    this.#program = program;
    this.#record = new ProcessRecord(folder);
    process.once('exit', () => {
      for (const child of this.#children) send(child, 'SIGKILL');
    });
  }

  async prepare(): Promise<number> {
    const leftovers = this.#record.readLeftovers();
    await Promise.all(leftovers.map((identity) => endProcess(identity, [['SIGKILL', 2_000]])));
    this.#record.clear();
    const { error, status } = spawnSync(this.#program, ['-version'], { stdio: 'ignore' });
    if (!error && status === 0) return leftovers.length;
    throw new Error(
      `ffmpeg cannot be run (${this.#program}: ${error?.message ?? `exit code ${status}`}); install it, or set FFMPEG_PATH.`,
    );
  }

  async start({ args, onStdout, onStderr }: RunOptions): Promise<Run> {
    const child = spawn(this.#program, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, AV_LOG_FORCE_NOCOLOR: '1' }, // nothing of the worker's secrets
    });
    this.#children.add(child);
    const isOver = end(child);
    const heard = [readLines(child.stdout, onStdout), readLines(child.stderr, onStderr)];
    if (child.pid) this.#record.add(child.pid);
    const ended = isOver.then(async (how) => {
      this.#children.delete(child);
      if (child.pid) this.#record.remove(child.pid);
      if (child.pid) await Promise.all(heard);
      return how;
    });
    const signal = (name: NodeJS.Signals) => {
      send(child, name);
      return ended;
    };
    return {
      containerId: null,
      ended,
      stop: () => {
        setTimeout(() => send(child, 'SIGKILL'), FAREWELL_MS).unref();
        return signal('SIGINT');
      },
      kill: () => signal('SIGKILL'),
    };
  }
}
