/** Brings the started database to what the product needs, at each start of the stack. */
import postgres, { type Sql } from 'postgres';
import { databaseUrl } from '../lib/database-url.ts';
import { HOST } from '../lib/host.ts';
import { migrateUp, runSeed } from '../sql/cli/migrations.ts';
import type { StackConfig } from './config.ts';
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

async function writeAddresses(sql: Sql, config: StackConfig): Promise<void> {
  for (const [key, value] of Object.entries(addresses(config))) {
    const json = JSON.stringify(value);
    const written = await sql`
        update private.settings set value = ${json}::text::jsonb where key = ${key} returning key`;
    if (written.length === 0)
      throw new Error(`the setting "${key}" does not exist; a migration must make it`);
  }
}

/** A restream may be pushed to this stack's own media server, which is not on the public internet. */
async function allowOwnTarget(sql: Sql, { ports }: StackConfig): Promise<void> {
  const target = `${HOST}:${ports.rtmp}`;
  await sql`
    update private.settings set value = value || to_jsonb(${target}::text)
    where key = 'allowed_target_hosts' and not value ? ${target}`;
}

/** The login of the local worker, with the rights of every worker. */
async function ensureWorkerLogin(sql: Sql): Promise<void> {
  await sql`
    do $$ begin
      create role streambed_worker login password 'streambed_worker' in role restream_worker;
    exception when duplicate_object then
      grant restream_worker to streambed_worker;
    end $$`;
}

async function adaptToStack(config: StackConfig): Promise<void> {
  const sql = postgres(config.dbUrl, { max: 1, onnotice() {} });
  try {
    await writeAddresses(sql, config);
    await allowOwnTarget(sql, config);
    await ensureWorkerLogin(sql);
  } finally {
    await sql.end();
  }
}

/**
 * Roles and schemas as on hosted Supabase, pending migrations, demo data, this stack's own
 * addresses and the login of its worker. Safe to repeat.
 * @returns the names of the migrations that were applied
 */
export async function prepareDatabase(config: StackConfig): Promise<string[]> {
  const superuserUrl = databaseUrl(config.ports.db, SUPERUSER);
  await bootstrapCluster(superuserUrl);
  await bootstrapDatabase(superuserUrl);
  const applied = await migrateUp({ url: config.dbUrl });
  await runSeed(config.dbUrl);
  await adaptToStack(config);
  return applied;
}
