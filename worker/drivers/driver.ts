/** What runs ffmpeg for a worker, as a process of its own or in a container. */
import type { RelayPlace } from '../relay/target-relay.ts';

export interface RunOptions {
  readonly sessionId: string;
  readonly args: readonly string[];
  onStdout(line: string): void;
  onStderr(line: string): void;
}

/** How an ffmpeg ended: by itself, or by a signal, or `error` when it could not be run at all. */
export interface RunEnd {
  readonly exitCode: number | null;
  readonly error: string | null;
}

export interface Run {
  /** Null where there is no container. */
  readonly containerId: string | null;
  /** Settles once it is gone and all it said was handed over; never rejects. */
  readonly ended: Promise<RunEnd>;
  /** Asks it to finish, and makes it when it does not within a moment. Settles with `ended`. */
  stop(): Promise<RunEnd>;
  /** Ends it at once. Settles with `ended`. */
  kill(): Promise<RunEnd>;
}

export interface Driver {
  /** Where the relays listen, and how ffmpeg finds them. */
  readonly place: RelayPlace;
  /**
   * Makes sure that ffmpeg can be run, and ends what a dead worker of the same name has left running.
   * @returns how many those were
   * @throws Error telling the operator what is missing
   */
  prepare(): Promise<number>;
  start(options: RunOptions): Promise<Run>;
}
