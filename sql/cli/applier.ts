/**
 * Applies and reverts migrations while others may do the same: other runs of these commands, and
 * Supabase's CLI, which takes no lock. It reads the record once and then applies file after file.
 *
 * So each file first runs with the record locked, and a CLI that begins meanwhile waits and reads
 * what is true then. A CLI that had begun before is in the middle of a file and wants the record
 * at its end: a file that meets somebody else's lock gives way within half a second, before
 * Postgres finds a deadlock and ends either. From then on the files run without that lock, and each
 * that the CLI has in hand is waited for, fails as it exists already, and turns out to be applied.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Half, OVERTAKEN, readHalf, runHalf } from './apply.ts';
import { readNewest } from './bookkeeping.ts';
import type { Direction, MigrationFile } from './migration-files.ts';
import type { TrackedClient } from './sql-client.ts';
import { explainSqlError } from './sql-error.ts';

/** A lock that was not to be had in time, a deadlock. */
const BLOCKED = new Set(['55P03', '40P01']);

/** A head start for another who is at work: the CLI is some files ahead then, and stays so. */
const HEAD_START_MS = 300;

interface Failure {
  readonly code: string | undefined;
  /** With the file and the line, for people. */
  readonly explained: unknown;
}

export class Applier {
  private readonly client: TrackedClient;
  private readonly log: ((line: string) => void) | undefined;
  private holdRecord = true;

  /** @param log receives a line when a file has to wait */
  constructor(client: TrackedClient, log?: (line: string) => void) {
    this.client = client;
    this.log = log;
  }

  /**
   * Runs one half of a migration and records it, all in one transaction.
   *
   * @param newest the newest version that the database had when the caller looked
   * @returns false when another changed that meanwhile: nothing was done, look again
   * @throws SqlFileError naming file and line when Postgres refuses it
   */
  async run(file: MigrationFile, direction: Direction, newest: string | null): Promise<boolean> {
    const half = await readHalf(file, direction, newest);
    let failure = await this.tryOnce(half);
    if (this.holdRecord && BLOCKED.has(failure?.code ?? '')) {
      this.holdRecord = false;
      this.log?.(`${file.name} waits for a lock that another session holds`);
      failure = await this.tryOnce(half);
    }
    if (!failure) return true;
    if (!(await this.wasOvertaken(half, failure))) throw failure.explained;
    await pause(HEAD_START_MS);
    return false;
  }

  private async tryOnce(half: Half): Promise<Failure | undefined> {
    try {
      const { awaited } = await runHalf(this.client, half, this.holdRecord);
      if (awaited) await pause(HEAD_START_MS);
      return undefined;
    } catch (error) {
      const path = half.file.paths[half.direction];
      const explained = explainSqlError(path, half.sql, this.client, error);
      await this.client.query('rollback').catch(() => {});
      return { code: (error as { code?: string }).code, explained };
    }
  }

  /** Whether another applied or reverted something meanwhile, which may be all that is wrong. */
  private async wasOvertaken({ newest }: Half, { code }: Failure): Promise<boolean> {
    if (code === OVERTAKEN) return true;
    return (await readNewest(this.client).catch(() => newest)) !== newest;
  }
}
