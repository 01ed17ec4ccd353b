/** The settings that begin with `viewer_`, as this process knows them. */
import type { Admin } from '../_shared/job.ts';

const READ_AGAIN_AFTER_MS = 30_000;

interface ViewerSettings {
  readonly viewer_ttl_seconds: number;
  readonly viewer_heartbeat_seconds: number;
  readonly viewer_beats_per_second: number;
  readonly viewer_beats_burst: number;
  readonly viewer_address_requests_per_second: number;
  readonly viewer_address_requests_burst: number;
}

/** Used until the database has answered: a beat waits for Redis alone. */
let current: ViewerSettings = {
  viewer_ttl_seconds: 45,
  viewer_heartbeat_seconds: 15,
  viewer_beats_per_second: 1,
  viewer_beats_burst: 5,
  viewer_address_requests_per_second: 50,
  viewer_address_requests_burst: 200,
};
let readAt = Number.NEGATIVE_INFINITY;

async function read(admin: Admin): Promise<void> {
  const { data } = await admin.rpc('get_viewer_settings');
  if (data) current = data;
}

/** The settings; read again in the background, so that a change is seen within half a minute. */
export function viewerSettings(admin: Admin): ViewerSettings {
  if (performance.now() - readAt > READ_AGAIN_AFTER_MS) {
    readAt = performance.now();
    read(admin).catch(() => {}); // what was known before holds on
  }
  return current;
}

/** The same, waiting for the database the first time. */
export async function knownSettings(admin: Admin): Promise<ViewerSettings> {
  if (readAt === Number.NEGATIVE_INFINITY) {
    readAt = performance.now();
    await read(admin);
  }
  return viewerSettings(admin);
}
