import { describeFinding, lintSchema } from '../schema-lint/lint.ts';
import type { Check } from './check.ts';

/** The rules of this project that Supabase's lints do not know. */
export const schemaLint: Check = {
  name: 'schema lint',
  async run(databases) {
    const findings = await lintSchema((await databases.embedded()).url);
    return { findings: findings.map(describeFinding) };
  },
};
