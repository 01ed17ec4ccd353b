/** Counting in Redis. A beat and a leave are one round trip: their two commands go out together. */
import { askRedis } from '../_shared/redis.ts';
import { admitAddress, leaveStream, touchViewer } from '../_shared/viewers/scripts.ts';
import { admitCommand, leaveCommand, touchCommand, type Viewing } from './viewing.ts';

/** How many watch now, or how long to wait before asking again. */
export type Count = { readonly viewers: number } | { readonly waitMs: number };

function asCount([viewers = 0, waitMs = 0]: readonly number[], heldUpMs = 0): Count {
  const longest = Math.max(waitMs, heldUpMs);
  return longest > 0 ? { waitMs: longest } : { viewers };
}

/**
 * Counts a new viewer, unless the address asks too often: then nobody is counted.
 * @throws when Redis does not answer
 */
export function join(viewing: Viewing, address: string): Promise<Count> {
  return askRedis(async (client) => {
    const heldUp = await admitAddress(client, ...admitCommand(address, viewing.requests));
    if (heldUp > 0) return { waitMs: heldUp };
    return asCount(await touchViewer(client, ...touchCommand(viewing)));
  });
}

/**
 * Counts a viewer from now until it has been silent for the setting's time. One whose address asks too
 * often goes on counting: that it watches is known.
 * @throws when Redis does not answer
 */
export function beat(viewing: Viewing, address: string): Promise<Count> {
  return askRedis(async (client) => {
    const [heldUp, touched] = await Promise.all([
      admitAddress(client, ...admitCommand(address, viewing.requests)),
      touchViewer(client, ...touchCommand(viewing)),
    ]);
    return asCount(touched, heldUp);
  });
}

/**
 * Counts a viewer no more; a signed-in user once the last tab is gone.
 * @throws when Redis does not answer
 */
export function leave(viewing: Viewing, address: string): Promise<Count> {
  return askRedis(async (client) => {
    const [heldUp, left] = await Promise.all([
      admitAddress(client, ...admitCommand(address, viewing.requests)),
      leaveStream(client, ...leaveCommand(viewing)),
    ]);
    return asCount(left, heldUp);
  });
}
