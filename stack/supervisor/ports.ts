/** Finds out, before anything is started, which of the stack's ports are taken and by whom. */
import { isPortFree, type PortState, tryPort } from '../../lib/port-state.ts';
import { waitUntil } from '../../lib/wait.ts';
import { describePortOwner, isOutgoingOnly } from './port-owner.ts';

export interface PortToCheck {
  readonly name: string;
  readonly port: number;
}

function settingOf(name: string): string {
  return `STREAMBED_PORT_${name.toUpperCase()} (or STREAMBED_PORT_BASE for all of them)`;
}

/** A closed connection keeps its port number for up to a minute. */
const OUTGOING_PATIENCE_MS = 65_000;

/** The state of a port that nobody listens on settles by itself; it is worth waiting for. */
async function settledState(port: number, onWait: (port: number) => void): Promise<PortState> {
  const state = await tryPort(port);
  if (state !== 'taken' || !isOutgoingOnly(port)) return state;
  onWait(port);
  const isSettled = async () => !isOutgoingOnly(port) || (await isPortFree(port));
  await waitUntil(isSettled, { timeoutMs: OUTGOING_PATIENCE_MS });
  return tryPort(port);
}

async function findProblem(
  { name, port }: PortToCheck,
  onWait: (port: number) => void,
): Promise<string | null> {
  const state = await settledState(port, onWait);
  if (state === 'free') return null;
  if (state === 'forbidden') {
    return `Port ${port} (${name}) may not be opened by this user; set ${settingOf(name)} to 1024 or above.`;
  }
  return `Port ${port} (${name}) is in use by ${describePortOwner(port)}; end it or set ${settingOf(name)} to another port.`;
}

function findClashes(ports: readonly PortToCheck[]): string[] {
  return ports.flatMap(({ name, port }, index) => {
    const earlier = ports.slice(0, index).find((other) => other.port === port);
    if (!earlier) return [];
    return [`Port ${port} is set for both ${earlier.name} and ${name}; change ${settingOf(name)}.`];
  });
}

/**
 * One sentence for each port that cannot be used: its number, its owner and the variable to set.
 * Waits for a port that only an outgoing connection uses, and calls `onWait` once for it.
 */
export async function findPortProblems(
  ports: readonly PortToCheck[],
  onWait: (port: number) => void,
): Promise<string[]> {
  const taken = await Promise.all(ports.map((port) => findProblem(port, onWait)));
  return [...findClashes(ports), ...taken.filter((problem) => problem !== null)];
}
