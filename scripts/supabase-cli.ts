/** Runs the Supabase CLI against a database, without Docker and without touching the checkout. */
import { cpSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../lib/root.ts';
import type { ProgramResult } from '../lib/run-program.ts';
import { runCommand } from './run-command.ts';

/** The CLI insists on TLS unless it is told that there is none; our databases are on loopback. */
function withoutTls(url: string): string {
  const target = new URL(url);
  if (!target.searchParams.has('sslmode')) target.searchParams.set('sslmode', 'disable');
  return target.href;
}

const PROJECT = join(ROOT, 'supabase');

/**
 * Runs a command of the CLI with the project's `config.toml` and its link to the migrations, in a
 * folder of its own: the CLI writes files beside the configuration that it finds.
 *
 * @param args the command and its options, without the database
 * @param url the database
 * @param sqlFolder a folder with `migrations` and `seed.sql`; the project's own by default
 */
export async function runSupabase(
  args: readonly string[],
  url: string,
  sqlFolder = join(ROOT, 'sql'),
): Promise<ProgramResult> {
  const folder = mkdtempSync(join(tmpdir(), 'streambed-supabase-'));
  try {
    mkdirSync(join(folder, 'supabase'));
    cpSync(join(PROJECT, 'config.toml'), join(folder, 'supabase', 'config.toml'));
    symlinkSync(readlinkSync(join(PROJECT, 'migrations')), join(folder, 'supabase', 'migrations'));
    symlinkSync(sqlFolder, join(folder, 'sql'));
    const target = [`--db-url=${withoutTls(url)}`, `--workdir=${folder}`];
    return await runCommand('supabase', [...args, ...target], { cwd: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
