/** Runs the Supabase CLI against a database, without Docker and without touching the checkout. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../stack/config.ts';
import { type CommandResult, runCommand } from './run-command.ts';

/** `SUPABASE_CLI` may name another binary than the project's own. */
const CLI = process.env.SUPABASE_CLI || 'supabase';

/** Version 3 renamed the option that names a database. */
async function targetOption(url: string): Promise<string> {
  const target = new URL(url);
  if (!target.searchParams.has('sslmode')) target.searchParams.set('sslmode', 'disable');
  const { stdout } = await runCommand(CLI, ['--version']);
  return Number.parseInt(stdout, 10) >= 3 ? `--remote=${target.href}` : `--db-url=${target.href}`;
}

/**
 * Runs a command of the CLI with the project's `config.toml`, in a folder of its own: the CLI
 * writes files beside the configuration that it finds.
 *
 * @param args the command and its options, without the database
 * @param url the database
 */
export async function runSupabase(args: readonly string[], url: string): Promise<CommandResult> {
  const folder = mkdtempSync(join(tmpdir(), 'streambed-supabase-'));
  try {
    mkdirSync(join(folder, 'supabase'));
    cpSync(join(ROOT, 'supabase', 'config.toml'), join(folder, 'supabase', 'config.toml'));
    const target = await targetOption(url);
    return await runCommand(CLI, [...args, target, `--workdir=${folder}`], { cwd: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
