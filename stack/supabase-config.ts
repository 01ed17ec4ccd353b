/** The Supabase project's settings: `supabase/config.toml`, read as the Supabase CLI reads it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parse } from 'smol-toml';
import * as v from 'valibot';
import { ROOT } from '../lib/root.ts';

const OAuthProvider = v.object({
  enabled: v.optional(v.boolean(), false),
  client_id: v.optional(v.string(), ''),
  secret: v.optional(v.string(), ''),
  redirect_uri: v.optional(v.string(), ''),
});

const EdgeFunction = v.object({
  enabled: v.optional(v.boolean(), true),
  verify_jwt: v.optional(v.boolean(), true),
  entrypoint: v.optional(v.string()),
  import_map: v.optional(v.string()),
});

const figure = (standard: number) =>
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), standard);

/** Hosted Supabase's figures, where the file has none. */
const RateLimits = v.object({
  email_sent: figure(2),
  sign_in_sign_ups: figure(30),
  token_refresh: figure(150),
  token_verifications: figure(30),
});

const SupabaseConfigSchema = v.object({
  api: v.object({
    schemas: v.optional(v.array(v.string()), ['public']),
    extra_search_path: v.optional(v.array(v.string()), ['public', 'extensions']),
    max_rows: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1000),
  }),
  auth: v.object({
    site_url: v.pipe(v.string(), v.url()),
    additional_redirect_urls: v.optional(v.array(v.string()), []),
    jwt_expiry: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 3600),
    enable_signup: v.optional(v.boolean(), true),
    minimum_password_length: v.optional(v.pipe(v.number(), v.integer(), v.minValue(6)), 6),
    email: v.object({
      enable_signup: v.optional(v.boolean(), true),
      enable_confirmations: v.optional(v.boolean(), false),
      double_confirm_changes: v.optional(v.boolean(), true),
    }),
    rate_limit: v.optional(RateLimits, {}),
    external: v.optional(v.record(v.string(), OAuthProvider), {}),
  }),
  storage: v.object({ file_size_limit: v.optional(v.string(), '50MiB') }),
  functions: v.optional(v.record(v.string(), EdgeFunction), {}),
});

export type SupabaseConfig = v.InferOutput<typeof SupabaseConfigSchema>;
export type AuthConfig = SupabaseConfig['auth'];
export type FunctionConfig = v.InferOutput<typeof EdgeFunction>;

type Environment = Readonly<Record<string, string | undefined>>;

function readEnvFile(path: string): Environment {
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {};
}

function environment(folder: string): Environment {
  return {
    ...readEnvFile(join(folder, '..', '.env')),
    ...readEnvFile(join(folder, '.env')),
    ...process.env,
  };
}

/** A text from the environment in the type that the file's own value has. */
function convert(name: string, text: string, like: unknown): unknown {
  if (typeof like === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw new Error(`${name} must be true or false, got "${text}"`);
  }
  if (typeof like === 'number') {
    if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
    throw new Error(`${name} must be a number, got "${text}"`);
  }
  return Array.isArray(like) ? text.split(',').map((part) => part.trim()) : text;
}

function substitute(value: unknown, path: string, env: Environment): unknown {
  const override = env[path];
  if (override !== undefined && override !== '' && !isTable(value)) {
    return convert(path, override, value);
  }
  if (isTable(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        substitute(inner, `${path}_${key.toUpperCase()}`, env),
      ]),
    );
  }
  const reference = typeof value === 'string' ? /^env\((\w+)\)$/.exec(value)?.[1] : undefined;
  return reference ? (env[reference] ?? '') : value;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads `config.toml` in `folder` (default `supabase/`): `env(NAME)` is replaced from the
 * environment or `.env`, and `SUPABASE_<SECTION>_<KEY>` overrides any value that the file has, both
 * as in the Supabase CLI.
 *
 * Throws an `Error` that names the file and the setting that is not valid.
 */
export function loadSupabaseConfig(folder = join(ROOT, 'supabase')): SupabaseConfig {
  const file = join(folder, 'config.toml');
  const raw = substitute(parse(readFileSync(file, 'utf8')), 'SUPABASE', environment(folder));
  const result = v.safeParse(SupabaseConfigSchema, raw);
  if (result.success) return result.output;
  const issues = result.issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
  throw new Error(`${file} is not valid: ${issues.join('; ')}`);
}
