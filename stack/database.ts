/** Brings the started database to what the product needs, at each start of the stack. */
import postgres from 'postgres';
import { migrateUp, runSeed } from '../sql/cli/migrations.ts';
import { databaseUrl, type StackConfig } from './config.ts';
import { bootstrapCluster, bootstrapDatabase } from './postgres/bootstrap.ts';
import { SUPERUSER } from './postgres/cluster.ts';

/** Settings in the database that say where this very stack is to be reached. */
function addresses({ rtmpUrl, mediaUrl }: StackConfig): Record<string, string | null> {
  return {
    rtmp_url: rtmpUrl,
    playback_flv_url: `${mediaUrl}/live/{stream_id}.flv`,
    playback_hls_url: null, // node-media-server 4 makes no HLS
  };
}

async function writeAddresses(config: StackConfig): Promise<void> {
  const sql = postgres(config.dbUrl, { max: 1, onnotice() {} });
  try {
    for (const [key, value] of Object.entries(addresses(config))) {
      const json = JSON.stringify(value);
      const written = await sql`
        update private.settings set value = ${json}::text::jsonb where key = ${key} returning key`;
      if (written.length === 0)
        throw new Error(`the setting "${key}" does not exist; a migration must make it`);
    }
  } finally {
    await sql.end();
  }
}

/**
 * Roles and schemas as on hosted Supabase, pending migrations, demo data, and this stack's own
 * addresses. Safe to repeat.
 * @returns the names of the migrations that were applied
 */
export async function prepareDatabase(config: StackConfig): Promise<string[]> {
  const superuserUrl = databaseUrl(config.ports.db, SUPERUSER);
  await bootstrapCluster(superuserUrl);
  await bootstrapDatabase(superuserUrl);
  const applied = await migrateUp({ url: config.dbUrl });
  await runSeed(config.dbUrl);
  await writeAddresses(config);
  return applied;
}
