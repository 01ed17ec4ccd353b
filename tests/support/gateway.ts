/** A real gateway process on a throw-away Postgres, and supabase-js clients of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { answersHttp } from '../../lib/probes.ts';
import { ROOT } from '../../lib/root.ts';
import { waitUntil } from '../../lib/wait.ts';
import { migrateUp } from '../../sql/cli/migrations.ts';
import { loadConfig, type StackConfig } from '../../stack/config.ts';
import { loadKeys, type StackKeys } from '../../stack/keys.ts';
import { bootstrapCluster, bootstrapDatabase } from '../../stack/postgres/bootstrap.ts';
import { type RunningCluster, startCluster } from '../../stack/postgres/cluster.ts';
import { MANY_SIGN_INS } from './auth-limits.ts';
import { freePort } from './free-port.ts';
import { chosenPackage } from './postgres-package.ts';

const FAST_AND_FORGETFUL = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

const openCluster = (dataDir: string, port: number) =>
  startCluster({ dataDir, port, settings: FAST_AND_FORGETFUL, ...chosenPackage() });

export interface GatewayOptions {
  /** What the database holds: the notes of `fixtures/notes.sql` (the default), or the product. */
  readonly content?: 'notes' | 'product';
  readonly env?: NodeJS.ProcessEnv;
}

export interface SignedUp {
  readonly client: SupabaseClient;
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
}

/** A client that keeps its session to itself, whatever other clients do. */
function openClient(url: string, key: string): SupabaseClient {
  const auth = { persistSession: false, autoRefreshToken: false };
  return createClient(url, key, { auth });
}

export class TestGateway {
  readonly config: StackConfig;
  readonly keys: StackKeys;
  /** As `postgres`, the owner. */
  readonly sql: Sql;
  readonly #env: NodeJS.ProcessEnv;
  #cluster: RunningCluster;
  #process: ChildProcess | undefined;
  #output = '';

  constructor(config: StackConfig, env: NodeJS.ProcessEnv, cluster: RunningCluster) {
    this.config = config;
    this.keys = loadKeys(config.dataDir);
    this.sql = postgres(config.dbUrl, { max: 2, onnotice() {} });
    this.#env = env;
    this.#cluster = cluster;
  }

  /** For programs that are to work with this gateway. */
  get env(): NodeJS.ProcessEnv {
    return this.#env;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** What the process has printed. */
  get output(): string {
    return this.#output;
  }

  get databasePid(): number {
    return this.#cluster.pid;
  }

  /** Starts the process and waits until it answers. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(ROOT, 'stack/gateway/main.ts')], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        this.#output += chunk;
      });
    }
    const isUp = () => child.exitCode !== null || answersHttp(`${this.config.apiUrl}/health`);
    const up = await waitUntil(isUp, { timeoutMs: 60_000 });
    if (!up || child.exitCode !== null) throw new Error(`the gateway is not up:\n${this.#output}`);
  }

  /** Starts the database again after it was killed. */
  async startDatabase(): Promise<void> {
    const { dataDir, ports } = this.config;
    this.#cluster = await openCluster(dataDir, ports.db);
  }

  anon(): SupabaseClient {
    return openClient(this.config.apiUrl, this.keys.publishable);
  }

  service(): SupabaseClient {
    return openClient(this.config.apiUrl, this.keys.secret);
  }

  /** Any key instead of the publishable one. */
  clientWith(key: string): SupabaseClient {
    return openClient(this.config.apiUrl, key);
  }

  async signUp(data: Record<string, unknown> = {}): Promise<SignedUp> {
    const client = this.anon();
    const email = `${randomBytes(6).toString('hex')}@example.com`;
    const password = randomBytes(9).toString('base64url');
    const answer = await client.auth.signUp({ email, password, options: { data } });
    if (answer.error) throw answer.error;
    const { user, session } = answer.data;
    if (!user || !session) throw new Error('signed up without a session');
    return { client, id: user.id, email, password, accessToken: session.access_token };
  }

  /** A plain request with the publishable key, unless `headers` say otherwise. */
  request(path: string, { headers, ...init }: RequestInit = {}): Promise<Response> {
    const all = { apikey: this.keys.publishable, ...(headers as Record<string, string>) };
    return fetch(`${this.config.apiUrl}${path}`, { ...init, headers: all });
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await this.sql.end({ timeout: 2 });
    await this.#cluster.stop();
    rmSync(this.config.dataDir, { recursive: true, force: true });
  }
}

async function fillDatabase(config: StackConfig, content: 'notes' | 'product'): Promise<void> {
  const superuserUrl = config.dbUrl.replace('postgres:postgres@', 'supabase_admin:supabase_admin@');
  await bootstrapCluster(superuserUrl);
  await bootstrapDatabase(superuserUrl);
  if (content === 'product') {
    await migrateUp({ url: config.dbUrl });
    return;
  }
  const sql = postgres(config.dbUrl, { max: 1, onnotice() {} });
  const fixture = new URL('./fixtures/notes.sql', import.meta.url);
  await sql.unsafe(await readFile(fixture, 'utf8')).simple();
  await sql.end();
}

/**
 * Prepares a database and a gateway for it, without starting the gateway.
 *
 * @returns to be started with `start()` and ended with `stop()`
 */
export async function prepareGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const dataDir = mkdtempSync(join(tmpdir(), 'streambed-gateway-'));
  const [api, db, functions, realtime] = await Promise.all(Array.from({ length: 4 }, freePort));
  const env = {
    ...process.env,
    ...MANY_SIGN_INS,
    STREAMBED_DATA_DIR: dataDir,
    STREAMBED_PORT_API: String(api),
    STREAMBED_PORT_DB: String(db),
    STREAMBED_PORT_FUNCTIONS: String(functions),
    STREAMBED_PORT_REALTIME: String(realtime),
    ...options.env,
  };
  const config = loadConfig(env);
  const cluster = await openCluster(dataDir, config.ports.db);
  await fillDatabase(config, options.content ?? 'notes');
  return new TestGateway(config, env, cluster);
}

/** Prepares and starts a gateway; call `stop` in `afterAll`. */
export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const gateway = await prepareGateway(options);
  await gateway.start();
  return gateway;
}
