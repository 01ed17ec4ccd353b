/** `supabase/config.toml` is read as the Supabase CLI reads it, and complaints name the setting. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ROOT } from '../../lib/root.ts';
import { loadSupabaseConfig } from '../../stack/supabase-config.ts';

const MINIMAL = `
[api]
[auth]
site_url = "http://localhost:3000"
[auth.email]
[auth.external.google]
enabled = false
client_id = "env(TEST_GOOGLE_CLIENT_ID)"
[storage]
`;

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'streambed-config-'));
  mkdirSync(join(project, 'supabase'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(project, { recursive: true, force: true });
});

function load(text = MINIMAL) {
  writeFileSync(join(project, 'supabase', 'config.toml'), text);
  return loadSupabaseConfig(join(project, 'supabase'));
}

test('the project’s own file is valid, and leaves e-mail confirmation and Google off', () => {
  const { api, auth, functions } = loadSupabaseConfig();
  expect(api).toMatchObject({ schemas: ['public'], max_rows: 1000 });
  expect(auth.email.enable_confirmations).toBe(false);
  expect(auth.external.google?.enabled).toBe(false);
  expect(functions.ingest).toMatchObject({
    enabled: true,
    verify_jwt: false,
    entrypoint: '../functions/ingest/index.ts',
    import_map: '../functions/deno.json',
  });
});

test('what is left out has Supabase’s defaults', () => {
  expect(load()).toMatchObject({
    api: { schemas: ['public'], max_rows: 1000 },
    auth: { jwt_expiry: 3600, enable_signup: true },
    functions: {},
  });
  expect(load(`${MINIMAL}\n[functions.hello]`).functions.hello).toEqual({
    enabled: true,
    verify_jwt: true,
  });
});

test('env(NAME) comes from the environment, else from .env, else is empty', () => {
  expect(load().auth.external.google?.client_id).toBe('');
  writeFileSync(join(project, '.env'), 'TEST_GOOGLE_CLIENT_ID="from the file"\n');
  expect(load().auth.external.google?.client_id).toBe('from the file');
  vi.stubEnv('TEST_GOOGLE_CLIENT_ID', 'from the environment');
  expect(load().auth.external.google?.client_id).toBe('from the environment');
});

test('SUPABASE_<SECTION>_<KEY> overrides what the file has, in the file’s type', () => {
  vi.stubEnv('SUPABASE_AUTH_EXTERNAL_GOOGLE_ENABLED', 'true');
  vi.stubEnv('SUPABASE_AUTH_SITE_URL', 'https://example.com');
  const { auth } = load();
  expect(auth.external.google?.enabled).toBe(true);
  expect(auth.site_url).toBe('https://example.com');
});

test('an override of the wrong type is refused by its name', () => {
  vi.stubEnv('SUPABASE_AUTH_EXTERNAL_GOOGLE_ENABLED', 'maybe');
  expect(() => load()).toThrow(/SUPABASE_AUTH_EXTERNAL_GOOGLE_ENABLED must be true or false/);
});

test('a setting that is not valid is named with its file', () => {
  const wrong = MINIMAL.replace('http://localhost:3000', 'somewhere');
  expect(() => load(wrong)).toThrow(/config\.toml is not valid: auth\.site_url/);
  expect(() => load(MINIMAL.replace('[api]', '[api]\nmax_rows = 0'))).toThrow(/api\.max_rows/);
});

test('each function can be deployed: its files are there, and it asks for no node_modules', () => {
  const functions = Object.values(loadSupabaseConfig().functions);
  expect(functions.length).toBeGreaterThan(1);
  for (const { entrypoint, import_map: importMap } of functions) {
    expect(existsSync(resolve(ROOT, 'supabase', entrypoint as string))).toBe(true);
    const map = readFileSync(resolve(ROOT, 'supabase', importMap as string), 'utf8');
    expect(JSON.parse(map)).not.toHaveProperty('nodeModulesDir');
  }
});
