/**
 * What the running stack tells other processes, and what a killed one leaves behind for the next
 * start to tidy up: `<dataDir>/run/state.json`.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EndingSteps } from '../../lib/end-process.ts';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../lib/process-identity.ts';
import { replaceFile } from '../../lib/replace-file.ts';
import type { StackConfig } from '../config.ts';

export type Phase = 'starting' | 'running' | 'stopping';

export interface ServiceState {
  readonly name: string;
  /** Null while it waits for its start. */
  readonly process: ProcessIdentity | null;
  /** How whoever finds the process without its supervisor is to end it. */
  readonly ending: EndingSteps;
  readonly restarts: number;
}

export interface RunState {
  readonly supervisor: ProcessIdentity;
  readonly phase: Phase;
  readonly config: StackConfig;
  readonly services: readonly ServiceState[];
}

const runFolder = (dataDir: string) => join(dataDir, 'run');
const stateFile = (dataDir: string) => join(runFolder(dataDir), 'state.json');

/** The file whose lock the running supervisor holds. */
export const lockFile = (dataDir: string) => join(runFolder(dataDir), 'lock');

/** Writes the state, for others to read at any time. */
export function writeRunState(state: RunState): void {
  const { dataDir } = state.config;
  mkdirSync(runFolder(dataDir), { recursive: true });
  replaceFile(stateFile(dataDir), `${JSON.stringify(state, null, 2)}\n`, 0o600);
}

/** The last state written, or null when there is none (or none that can be read). */
export function readRunState(dataDir: string): RunState | null {
  try {
    return JSON.parse(readFileSync(stateFile(dataDir), 'utf8')) as RunState;
  } catch {
    return null;
  }
}

export function removeRunState(dataDir: string): void {
  rmSync(stateFile(dataDir), { force: true });
}

/** The state of the stack that runs on this data folder; null when its supervisor is gone. */
export function readLiveState(dataDir: string): RunState | null {
  const state = readRunState(dataDir);
  return state && isAlive(state.supervisor) ? state : null;
}

/** This process, as it goes into the state. */
export function identifySelf(): ProcessIdentity {
  const self = identifyProcess(process.pid);
  if (!self) throw new Error('this process could not be identified; is `ps` on the PATH?');
  return self;
}
