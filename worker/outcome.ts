/** How the push of a session ended. */
import type { Report } from './database/sessions.ts';

/** Why a push is to end before its time: stopped by its owner, the worker goes, the lease is over. */
export type Ending = 'stop' | 'drain' | 'lost';

/** What became of ffmpeg's run. */
export interface PushEnd {
  readonly exitCode: number | null;
  /** What happened, for people; null when the video simply ended. */
  readonly problem: string | null;
  readonly lastLines: readonly string[];
  /** Whether the target took anything. */
  readonly hasPushed: boolean;
}

/** What to tell the database; null when the session is no longer ours to speak of. */
export function reportOf(ending: Ending | null, end: PushEnd): Report | null {
  const { exitCode, problem, lastLines } = end;
  if (ending === 'lost') return null;
  if (ending === 'drain') return { status: 'starting' };
  if (ending === 'stop' || problem === null) return { status: 'stopped', exitCode };
  return { status: 'error', exitCode, error: [problem, ...lastLines].join('\n') };
}
