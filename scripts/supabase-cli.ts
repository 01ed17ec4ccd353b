/** Runs the Supabase CLI against a database, without Docker and without touching the checkout. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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

/**
 * Runs a command of the CLI with the project's `config.toml`, in a folder of its own: the CLI
 * writes files beside the configuration that it finds.
 *
 * @param args the command and its options, without the database
 * @param url the database
 */
export async function runSupabase(args: readonly string[], url: string): Promise<ProgramResult> {
  const folder = mkdtempSync(join(tmpdir(), 'streambed-supabase-'));
  try {
    mkdirSync(join(folder, 'supabase'));
    cpSync(join(ROOT, 'supabase', 'config.toml'), join(folder, 'supabase', 'config.toml'));
    const target = [`--db-url=${withoutTls(url)}`, `--workdir=${folder}`];
    return await runCommand('supabase', [...args, ...target], { cwd: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
