/** The last stored count of a stream, for while Redis is away. */
import { createAdminClient } from '@supabase/server/core';
import type { Admin } from '../_shared/job.ts';

const KEPT_FOR_MS = 10_000;
const MOST_STREAMS = 10_000;

interface Stored {
  readonly readAt: number;
  readonly viewers: Promise<number>;
}

const stored = new Map<string, Stored>();

let admin: Admin | undefined;

async function read(streamId: string): Promise<number> {
  admin ??= createAdminClient();
  const { data } = await admin.rpc('get_viewer_count', { stream_id: streamId });
  return data ?? 0;
}

/** Asks the database at most every ten seconds a stream, however many beat meanwhile. */
export function storedCount(streamId: string): Promise<number> {
  const known = stored.get(streamId);
  const now = performance.now();
  if (known && now - known.readAt < KEPT_FOR_MS) return known.viewers;
  if (stored.size >= MOST_STREAMS) stored.clear();
  const viewers = read(streamId).catch(() => 0);
  stored.set(streamId, { readAt: now, viewers });
  return viewers;
}
