/** A real Chromium, and pages in it that use supabase-js as it is shipped to browsers. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserServer, chromium, type Page } from 'playwright-core';
import { findOnPath } from '../../lib/find-on-path.ts';
import { ROOT } from '../../lib/root.ts';
import type { TestGateway } from './gateway.ts';
import { PageClient } from './page-client.ts';

declare global {
  /** In the page, for what tests evaluate there. */
  var client: PageClient;
}

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const SUPABASE_JS = join(ROOT, 'node_modules/@supabase/supabase-js/dist/umd/supabase.js');
const BLANK = '<!doctype html><title>test</title><script src="/supabase.js"></script>';

/** @throws Error that says what to install */
function findChromium(): string {
  const found = process.env.CHROMIUM ?? findOnPath(PROGRAMS);
  if (found) return found;
  throw new Error(
    'The tests in tests/browser need Chromium. On Debian: apt-get install chromium. ' +
      'Elsewhere put it on the PATH, or its path into CHROMIUM.',
  );
}

async function servePages(): Promise<Server> {
  const script = readFileSync(SUPABASE_JS);
  const server = createServer(({ url }, response) => {
    const isScript = url === '/supabase.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : BLANK);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

export class TestBrowser {
  readonly #process: BrowserServer;
  readonly #browser: Browser;
  readonly #pages: Server;
  readonly #folder: string;

  constructor(process: BrowserServer, browser: Browser, pages: Server, folder: string) {
    this.#process = process;
    this.#browser = browser;
    this.#pages = pages;
    this.#folder = folder;
  }

  /** Opens a page with cookies and storage of its own, and a client of the gateway in it. */
  async open({ config, keys }: TestGateway): Promise<Page> {
    const context = await this.#browser.newContext();
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(this.#pages.address() as AddressInfo).port}/`);
    const options = [config.apiUrl, keys.publishable].map((text) => JSON.stringify(text));
    await page.evaluate(
      `globalThis.client = new (${PageClient})(supabase.createClient(${options}))`,
    );
    return page;
  }

  async close(): Promise<void> {
    await this.#process.close();
    this.#clear();
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    await this.#process.kill();
    this.#clear();
  }

  #clear(): void {
    this.#pages.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Starts Chromium with an empty profile; call `close` in `afterAll`. */
export async function startBrowser(): Promise<TestBrowser> {
  const executablePath = findChromium();
  const folder = mkdtempSync(join(tmpdir(), 'streambed-chromium-'));
  const server = await chromium.launchServer({
    ...{ executablePath, args: FLAGS, host: '127.0.0.1' },
    env: { ...process.env, TMPDIR: folder }, // where a killed one leaves things behind
  });
  const browser = await chromium.connect(server.wsEndpoint());
  return new TestBrowser(server, browser, await servePages(), folder);
}
