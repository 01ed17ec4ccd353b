/** What a check is. */
import type { MigratedDatabases } from './databases.ts';

export interface Outcome {
  /** What is wrong, a text each; none when all is well. */
  readonly findings: readonly string[];
  /** Why there was nothing to check on this machine. */
  readonly skipped?: string;
}

export interface Check {
  readonly name: string;
  run(databases: MigratedDatabases): Promise<Outcome>;
}

/** The outcome of a program that tells by its exit code whether it found something. */
export function byExitCode(result: { code: number; stdout: string; stderr: string }): Outcome {
  if (result.code === 0) return { findings: [] };
  return { findings: [`${result.stdout}\n${result.stderr}`.trim() || `exit code ${result.code}`] };
}
