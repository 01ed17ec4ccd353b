import { runSupabase } from '../supabase-cli.ts';
import type { Check } from './check.ts';

interface Advice {
  readonly name: string;
  readonly level: string;
  readonly detail: string;
  readonly remediation: string;
}

/**
 * Supabase's own security and performance lints.
 *
 * @param url a migrated database, as `postgres`
 * @param level the least level to report
 * @returns a text per finding
 * @throws Error when the CLI itself fails
 */
export async function runAdvisors(url: string, level: 'info' | 'warn' = 'warn'): Promise<string[]> {
  const args = ['db', 'advisors', `--level=${level}`, '--output-format=json'];
  const { code, stdout, stderr } = await runSupabase(args, url);
  if (code !== 0) throw new Error(`supabase db advisors failed:\n${stderr || stdout}`);
  const { results } = JSON.parse(stdout) as { results: Advice[] };
  return results.map(
    (advice) => `${advice.level} ${advice.name}: ${advice.detail} (${advice.remediation})`,
  );
}

/** No finding of level WARN or above. */
export const advisors: Check = {
  name: 'supabase db advisors',
  run: async (databases) => ({ findings: await runAdvisors((await databases.embedded()).url) }),
};
