/** What the supervisor needs to know of a service; each service's own file says it. */
import type { EndingSteps } from '../../lib/end-process.ts';

/** A program to run, in the words of `child_process.spawn`. */
export interface ServiceCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; the supervisor's own when left out. */
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

export interface Service {
  readonly name: string;
  /** Prepares and names the program; asked before each start. */
  readonly command: () => Promise<ServiceCommand>;
  /** Whether it does its work: a question that only a working service answers. Never rejects. */
  readonly probe: () => Promise<boolean>;
  /**
   * Whether it answers anything, also that it cannot work just now: one that does not for long hangs, is
   * ended and started again. Never rejects. Left out for a service that answers nobody.
   */
  readonly answers?: () => Promise<boolean>;
  /** How often that is asked; by default every five seconds. */
  readonly askEveryMs?: number;
  readonly ending: EndingSteps;
  /** How long it may take to be ready; by default half a minute. */
  readonly readyWithinMs?: number;
  /** Whether what it writes to stderr belongs on the console too, not only in its log. */
  readonly isQuiet?: boolean;
}
