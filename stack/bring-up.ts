/** The way of the stack from nothing to ready. */
import type { StackConfig } from './config.ts';
import { prepareDatabase } from './database.ts';
import { assertRedisAnswers } from './redis.ts';
import { findPortProblems } from './supervisor/ports.ts';
import type { Supervisor } from './supervisor.ts';

/** Receives each step as it is done. */
export type Progress = (what: string) => void;

/**
 * Looks at every port before anything is started.
 * @throws Error with a sentence for each port that cannot be used
 */
export async function checkPorts(
  { ports, redisIsExternal }: StackConfig,
  progress: Progress,
): Promise<void> {
  const wanted = Object.entries(ports)
    .filter(([name]) => name !== 'redis' || !redisIsExternal)
    .map(([name, port]) => ({ name, port }));
  const problems = await findPortProblems(wanted, (port) =>
    progress(`waiting for port ${port}, which an outgoing connection uses (a minute at most)`),
  );
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/**
 * Starts every service in its order and prepares the database in between.
 * @throws Error of the first step that fails; what was started is left to the caller to stop
 */
export async function bringUp(
  supervisor: Supervisor,
  config: StackConfig,
  progress: Progress,
): Promise<void> {
  const tellReady = (name: string) => progress(`${name} ready`);
  if (config.redisIsExternal) await assertRedisAnswers(config);
  await supervisor.startStage(0, tellReady);
  const applied = await prepareDatabase(config);
  progress(`database is up to date (${applied.length} migrations applied)`);
  await supervisor.startStage(1, tellReady);
  await supervisor.startStage(2, tellReady);
  supervisor.markRunning();
}
