/** `npm run check`: everything that must hold besides the tests. */
import { advisors } from './checks/advisors.ts';
import { biome } from './checks/biome.ts';
import type { Check, Outcome } from './checks/check.ts';
import { MigratedDatabases } from './checks/databases.ts';
import { denoCheck, denoLint } from './checks/deno.ts';
import { domains } from './checks/domains.ts';
import { errors } from './checks/errors.ts';
import { fresh } from './checks/fresh.ts';
import { imports } from './checks/imports.ts';
import { plpgsql } from './checks/plpgsql.ts';
import { schemaLint } from './checks/schema-lint.ts';
import { sqlLines } from './checks/sql-lines.ts';
import { typescript } from './checks/typescript.ts';

const CHECKS = [
  typescript,
  biome,
  imports,
  denoCheck,
  denoLint,
  schemaLint,
  advisors,
  domains,
  errors,
  fresh,
  sqlLines,
  plpgsql,
] as const;

const PARALLEL = 2;

function describe(name: string, outcome: Outcome, seconds: number): string {
  const time = `${seconds.toFixed(1)} s`.padStart(7);
  if (outcome.skipped) return `skip ${time}  ${name}  (${outcome.skipped})`;
  const heading = `${outcome.findings.length === 0 ? 'ok  ' : 'FAIL'} ${time}  ${name}`;
  return [heading, ...outcome.findings.map((text) => text.replace(/^/gm, '    '))].join('\n');
}

async function perform(check: Check, databases: MigratedDatabases): Promise<boolean> {
  const begin = performance.now();
  const outcome = await check.run(databases).catch((error): Outcome => {
    return { findings: [error instanceof Error ? error.message : String(error)] };
  });
  console.log(describe(check.name, outcome, (performance.now() - begin) / 1000));
  return outcome.findings.length === 0;
}

async function performAll(databases: MigratedDatabases): Promise<number> {
  const queue: Check[] = [...CHECKS];
  let failed = 0;
  const work = async () => {
    for (let check = queue.shift(); check; check = queue.shift()) {
      if (!(await perform(check, databases))) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return failed;
}

const databases = new MigratedDatabases();
try {
  const failed = await performAll(databases);
  if (failed > 0) console.error(`${failed} of ${CHECKS.length} checks failed`);
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  await databases.stop();
}
