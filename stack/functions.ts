/** The edge functions: one Deno process that serves every folder of `functions/`. */

import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TERMINATE } from '../lib/end-process.ts';
import { HOST } from '../lib/host.ts';
import { answersHttp, answersOk } from '../lib/probes.ts';
import { ROOT } from '../lib/root.ts';
import type { StackConfig } from './config.ts';
import type { FunctionPlan, HostPlan } from './functions-host/plan.ts';
import { loadKeys } from './keys.ts';
import { loadSupabaseConfig } from './supabase-config.ts';
import type { Service } from './supervisor/service.ts';

const FUNCTIONS = join(ROOT, 'functions');

/** The folders whose subfolders are functions; `STREAMBED_MORE_FUNCTIONS` adds one. */
export function functionFolders(): string[] {
  const more = process.env.STREAMBED_MORE_FUNCTIONS;
  return more ? [FUNCTIONS, resolve(more)] : [FUNCTIONS];
}

/** Deno itself; its npm package starts it through a wrapper, which would hide its process id. */
function denoProgram(): string {
  const folder = dirname(createRequire(import.meta.url).resolve('deno/package.json'));
  const program = join(folder, 'deno');
  if (existsSync(program)) return program;
  throw new Error(
    `${program} is missing: the install script of "deno" did not run; run: npm rebuild deno`,
  );
}

function planFunctions(answerWithinSeconds: number): FunctionPlan[] {
  const settings = loadSupabaseConfig().functions;
  return functionFolders()
    .flatMap((folder) => readdirSync(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && !/^[_.]/.test(entry.name))
    .map(({ name, parentPath }) => ({ name, file: join(parentPath, name, 'index.ts') }))
    .filter(({ name, file }) => existsSync(file) && settings[name]?.enabled !== false)
    .map(({ name, file }) => ({
      name,
      entrypoint: pathToFileURL(file).href,
      verifyJwt: settings[name]?.verify_jwt ?? true,
      answerWithinSeconds,
    }));
}

function jsonWebKeys(jwtSecret: string): string {
  const k = Buffer.from(jwtSecret).toString('base64url');
  return JSON.stringify({ keys: [{ kty: 'oct', kid: 'local', alg: 'HS256', k }] });
}

/** What hosted Supabase gives a function, and nothing else of our own environment but the basics. */
function environment(config: StackConfig): NodeJS.ProcessEnv {
  const keys = loadKeys(config.dataDir);
  const { HOME, PATH, LANG, TMPDIR } = process.env;
  return {
    HOME,
    PATH,
    LANG,
    TMPDIR,
    NO_COLOR: '1',
    DENO_DIR: join(config.dataDir, 'deno'),
    DENO_NO_UPDATE_CHECK: '1',
    SUPABASE_URL: config.apiUrl,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishable }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secret }),
    SUPABASE_JWKS: jsonWebKeys(keys.jwtSecret),
    SUPABASE_DB_URL: config.dbUrl,
    REDIS_URL: config.redisUrl,
    REDIS_CLUSTER: process.env.REDIS_CLUSTER,
    INGEST_SECRET: keys.ingestSecret,
  };
}

/** Hosts that functions may reach: this machine, Redis, and what `STREAMBED_FUNCTIONS_NET` lists. */
function reachableHosts(config: StackConfig): string {
  const more = (process.env.STREAMBED_FUNCTIONS_NET ?? '').split(',').filter(Boolean);
  const redis = new URL(config.redisUrl);
  return [HOST, 'localhost', `${redis.hostname}:${redis.port || 6379}`, ...more].join(',');
}

function hostArguments(config: StackConfig, answerWithinSeconds: number): string[] {
  const plan: HostPlan = {
    hostname: HOST,
    port: config.ports.functions,
    functions: planFunctions(answerWithinSeconds),
  };
  const readable = [
    ...functionFolders(),
    join(ROOT, 'node_modules'),
    join(ROOT, 'stack', 'functions-host'),
  ];
  return [
    'run',
    '--quiet',
    '--no-prompt',
    '--no-lock',
    '--cached-only',
    // A request's signal then means what it says: the client has gone.
    '--unstable-no-legacy-abort',
    `--config=${join(FUNCTIONS, 'deno.json')}`,
    // Not in deno.json, which is deployed: a hosted project has no node_modules to bundle from.
    '--node-modules-dir=manual',
    `--allow-net=${reachableHosts(config)}`,
    `--allow-read=${readable.join(',')}`,
    '--allow-env',
    join(ROOT, 'stack', 'functions-host', 'main.ts'),
    JSON.stringify(plan),
  ];
}

/**
 * The functions' host. The plan is made anew at each start, so a reload sees new folders.
 * @param answerWithinSeconds by default as long as hosted Supabase waits
 */
export function functionsService(config: StackConfig, answerWithinSeconds = 150): Service {
  return {
    name: 'functions',
    command: async () => ({
      command: denoProgram(),
      args: hostArguments(config, answerWithinSeconds),
      env: environment(config),
    }),
    probe: () => answersOk(`${config.functionsUrl}/health`),
    answers: () => answersHttp(config.functionsUrl),
    ending: TERMINATE,
  };
}
