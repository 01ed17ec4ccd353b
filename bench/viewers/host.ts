/** A second functions host beside a stack's own, which serves these functions to nobody but a benchmark. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { HOST } from '../../lib/host.ts';
import { answersOk } from '../../lib/probes.ts';
import { waitUntil } from '../../lib/wait.ts';
import { functionsService } from '../../stack/functions.ts';
import type { HostPlan } from '../../stack/functions-host/plan.ts';
import { freePort } from '../../tests/support/free-port.ts';
import type { TestStack } from '../../tests/support/stack.ts';

export interface FunctionsHost {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const SERVED = ['viewer', 'trivial', 'update'];

/** The stack's own command line, with these functions alone, open to everybody, on another port. */
function withPlan(args: readonly string[], port: number): string[] {
  const plan: HostPlan = JSON.parse(args.at(-1) as string);
  const functions = plan.functions
    .filter(({ name }) => SERVED.includes(name))
    .map((one) => ({ ...one, verifyJwt: false }));
  return [...args.slice(0, -1), JSON.stringify({ ...plan, port, functions })];
}

/**
 * Starts it; `stop` when done.
 * @param databaseUrl where the function `update` updates
 */
export async function startHost(
  { config }: TestStack,
  databaseUrl: string,
): Promise<FunctionsHost> {
  const port = await freePort();
  const { command, args, env } = await functionsService(config).command();
  const child = spawn(command, withPlan(args, port), {
    env: { ...env, BENCH_DB_URL: databaseUrl },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const url = `http://${HOST}:${port}`;
  const stop = async () => {
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
  };
  const answers = () => answersOk(`${url}/health`);
  if (await waitUntil(answers, { timeoutMs: 30_000 }))
    return { url, pid: child.pid as number, stop };
  await stop();
  throw new Error('The functions host does not answer.');
}
