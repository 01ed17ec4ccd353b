/** Real workers as child processes on a test's database. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseUrl } from '../../lib/database-url.ts';
import { ROOT } from '../../lib/root.ts';
import { waitUntil } from '../../lib/wait.ts';
import { collectOutput } from './child-output.ts';
import type { TestDatabase } from './database.ts';
import { processTree } from './processes.ts';

const PATIENCE_MS = 60_000;
const LOGIN = 'streambed_worker';

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #output: () => string;
  /** Settles when it has ended, to its exit code or the signal that ended it. */
  readonly ended: Promise<number | string>;

  /** @param inShell whether a shell is to stand in between, as npm has it */
  constructor(env: NodeJS.ProcessEnv, inShell = false) {
    const command = [process.execPath, join(ROOT, 'worker', 'main.ts')] as const;
    const [program, ...args] = inShell
      ? (['sh', '-c', `"$0" "$1"; exit $?`, ...command] as const)
      : command;
    this.#child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#output = collectOutput(this.#child);
    this.ended = once(this.#child, 'close').then(([code, signal]) => signal ?? code);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** All it has printed. */
  get output(): string {
    return this.#output();
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The ffmpegs that it runs. */
  ffmpegs() {
    return processTree(this.pid).filter(({ pid }) => pid !== this.pid);
  }

  /** Waits until it has printed this. */
  async awaitOutput(text: string | RegExp): Promise<void> {
    const isThere = () => new RegExp(text).test(this.#output());
    const came = await waitUntil(() => isThere() || this.hasEnded, { timeoutMs: PATIENCE_MS });
    if (!came || !isThere())
      throw new Error(`no "${text}" in what the worker printed:\n${this.#output()}`);
  }
}

export class Workers {
  readonly #db: TestDatabase;
  readonly #folder = mkdtempSync(join(tmpdir(), 'streambed-workers-'));
  readonly #started: WorkerProcess[] = [];

  private constructor(db: TestDatabase) {
    this.#db = db;
  }

  /** For the workers of one test file; makes the login that they use. */
  static async prepare(db: TestDatabase): Promise<Workers> {
    await db.superuser.unsafe(`
      do $$ begin
        create role ${LOGIN} login password '${LOGIN}' in role restream_worker;
      exception when duplicate_object or unique_violation then null;
      end $$`);
    return new Workers(db);
  }

  /** The address with which they log in. */
  get databaseUrl(): string {
    return databaseUrl(Number(new URL(this.#db.url).port), LOGIN, this.#db.name);
  }

  /** Starts one and waits until it is ready. */
  async start(id: string, env: NodeJS.ProcessEnv = {}): Promise<WorkerProcess> {
    const worker = this.spawn(id, env);
    await worker.awaitOutput('ready, for');
    return worker;
  }

  /** Starts one below a shell, which is then what is signalled. */
  async startInShell(id: string, env: NodeJS.ProcessEnv = {}): Promise<WorkerProcess> {
    const worker = this.spawn(id, env, true);
    await worker.awaitOutput('ready, for');
    return worker;
  }

  /** Starts one. */
  spawn(id: string, env: NodeJS.ProcessEnv = {}, inShell = false): WorkerProcess {
    const place = { WORKER_DATABASE_URL: this.databaseUrl, WORKER_DATA_DIR: this.#folder };
    const worker = new WorkerProcess({ WORKER_ID: id, ...place, ...env }, inShell);
    this.#started.push(worker);
    return worker;
  }

  /** Everything that any of them printed. */
  get output(): string {
    return this.#started.map(({ output }) => output).join('');
  }

  /** Ends those that still run. */
  async stop(): Promise<void> {
    for (const worker of this.#started) {
      worker.signal('SIGCONT');
      worker.signal('SIGTERM');
    }
    await Promise.all(this.#started.map(({ ended }) => ended));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
