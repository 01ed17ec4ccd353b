/** Which processes a worker has started, for its successor to end what a killed one leaves behind. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../lib/process-identity.ts';
import { replaceFile } from '../../lib/replace-file.ts';

export class ProcessRecord {
  readonly #file: string;
  readonly #running = new Map<number, ProcessIdentity>();

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#file = join(folder, 'ffmpeg.json');
  }

  /** Those of the last worker's processes that still run. */
  readLeftovers(): ProcessIdentity[] {
    try {
      const noted = JSON.parse(readFileSync(this.#file, 'utf8')) as ProcessIdentity[];
      return noted.filter(isAlive);
    } catch {
      return []; // there was no last worker
    }
  }

  add(pid: number): void {
    const identity = identifyProcess(pid);
    if (identity) this.#running.set(pid, identity);
    this.#write();
  }

  remove(pid: number): void {
    this.#running.delete(pid);
    this.#write();
  }

  clear(): void {
    this.#running.clear();
    this.#write();
  }

  #write(): void {
    try {
      replaceFile(this.#file, JSON.stringify([...this.#running.values()]));
    } catch {
      // A full disk ends no stream; what is left behind ends without its relays anyway.
    }
  }
}
