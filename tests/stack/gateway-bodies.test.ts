/** What strangers may send is bounded: in length and depth, before it is read, and with a wrong key not at all. */

import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { type SignedUp, startGateway, type TestGateway } from '../support/gateway.ts';

const MIB = 1024 * 1024;

let gateway: TestGateway;
let owner: SignedUp;

beforeAll(async () => {
  gateway = await startGateway({ env: { SUPABASE_STORAGE_FILE_SIZE_LIMIT: '8MiB' } });
  await gateway.sql.unsafe(`
    insert into storage.buckets (id, name, file_size_limit) values ('files', 'files', null), ('small', 'small', 1000);
    create policy own on storage.objects for all to authenticated
      using (owner_id = (select auth.uid())::text) with check (owner_id = (select auth.uid())::text)`);
  owner = await gateway.signUp();
});

afterAll(() => gateway?.stop());

/** Every byte that the gateway's process has in memory right now, in MiB, as the system counts. */
function residentMib(): number {
  const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

function peakMib(): number {
  const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

interface Sending {
  readonly path: string;
  readonly headers?: Record<string, string>;
  /** What the client says that it will send; nothing for a body in chunks. */
  readonly declared?: number;
  readonly mebibytes: number;
  /** Ends the connection. */
  readonly signal?: AbortSignal;
}

const PART = Buffer.alloc(MIB, ' ');
const CHUNK = Buffer.concat([Buffer.from(`${MIB.toString(16)}\r\n`), PART, Buffer.from('\r\n')]);

/** Sends a long body of spaces as fast as it is taken, and tells the answer and how much was taken. */
async function send({ path, headers, declared, mebibytes, signal }: Sending) {
  const { hostname, port } = new URL(gateway.config.apiUrl);
  const socket: Socket = connect({ host: hostname, port: Number(port), ...(signal && { signal }) });
  let answer = '';
  const settled = new Promise<void>((resolve) => {
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text;
      if (answer.includes('}')) resolve(); // the last thing in each answer
    });
    socket.on('close', () => resolve());
  });
  socket.on('error', () => {}); // the gateway may end it while we send
  const length = declared ? { 'content-length': declared } : { 'transfer-encoding': 'chunked' };
  const json = { 'content-type': 'application/json' };
  const head = { host: 'localhost', ...json, ...length, ...headers };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  let sent = 0;
  for (; sent < mebibytes && answer === '' && !socket.destroyed; sent += 1) {
    const part = declared ? PART : CHUNK;
    await Promise.race([settled, new Promise((taken) => socket.write(part, taken))]);
  }
  await settled;
  socket.destroy();
  return { status: Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]), answer, sent };
}

const withKey = (key: string) => ({ apikey: key });
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a body that is too long', () => {
  test.for([
    ['/rest/v1/notes', 400],
    ['/rest/v1/rpc/whoami', 400],
    ['/auth/v1/token?grant_type=password', 150],
    ['/storage/v1/object/list/files', 150],
  ] as const)('is refused before it is read: %s', async ([path, mebibytes]) => {
    const headers = withKey(gateway.keys.publishable);
    const { status, answer, sent } = await send({
      path,
      headers,
      declared: mebibytes * MIB,
      mebibytes,
    });
    expect(status).toBe(413);
    expect(answer).toMatch(/"code":"body_too_large".*"message":".*"details":.*"hint":"/);
    expect(sent).toBeLessThan(mebibytes);
  });

  test('is refused as soon as it is, when it says no length', async () => {
    const headers = withKey(gateway.keys.publishable);
    const { status, sent } = await send({ path: '/rest/v1/notes', headers, mebibytes: 400 });
    expect(status).toBe(413);
    expect(sent).toBeLessThan(100);
  });

  test('is not read with a wrong key or token', async () => {
    const wrongKey = await send({
      path: '/rest/v1/notes',
      headers: withKey('sb_publishable_wrong'),
      mebibytes: 100,
    });
    expect([wrongKey.status, wrongKey.answer]).toEqual([
      401,
      expect.stringContaining('Invalid API key'),
    ]);
    const wrongToken = await send({
      path: '/storage/v1/object/files/x',
      headers: { authorization: 'Bearer a.b.c', 'content-type': 'multipart/form-data; boundary=x' },
      mebibytes: 100,
    });
    expect(wrongToken.status).toBe(401);
    expect(wrongKey.sent + wrongToken.sent).toBeLessThan(150);
  });

  test('takes no more memory than the bound, however many come at once', async () => {
    const before = peakMib();
    const headers = withKey(gateway.keys.publishable);
    const end = new AbortController();
    const refused: number[] = [];
    const attack = Array.from({ length: 24 }, async () => {
      const body = { declared: 10 * MIB, mebibytes: 9, signal: end.signal };
      const { status } = await send({ path: '/rest/v1/notes', headers, ...body });
      if (status) refused.push(status);
    });
    const areRefused = () => refused.length >= 22;
    expect(await waitUntil(areRefused, { timeoutMs: 60_000 })).toBe(true);
    expect(new Set(refused)).toEqual(new Set([429]));
    expect((await gateway.anon().from('notes').select('id').limit(1)).error).toBeNull();
    const added = await gateway.service().from('authors').select('id').limit(1);
    expect(added.error).toBeNull();
    end.abort();
    await Promise.all(attack);
    const isGivenBack = async () =>
      (await owner.client.rpc('wrap', { value: 'x'.repeat(9 * MIB) })).error === null;
    expect(await waitUntil(isGivenBack, { timeoutMs: 60_000 })).toBe(true);
    expect(peakMib() - before).toBeLessThan(300);
  });
});

describe('an honest body', () => {
  test('of some megabytes is taken', async () => {
    const value = { text: 'x'.repeat(4 * MIB) };
    const { data, error } = await owner.client.rpc('wrap', { value });
    expect(error).toBeNull();
    expect(data.value.text).toHaveLength(4 * MIB);
  });

  test('nested as deep as allowed is taken', async () => {
    const answer = await gateway.request('/rest/v1/rpc/wrap', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"value":${nested(63)}}`,
    });
    expect([answer.status, JSON.stringify((await answer.json()).value)]).toEqual([200, nested(63)]);
  });

  test('with brackets in its texts is taken', async () => {
    const text = `\\"${'[{'.repeat(500)}`;
    expect((await owner.client.rpc('wrap', { value: { text } })).data).toEqual({ value: { text } });
  });
});

describe('JSON that is nested too deep is 400', () => {
  test.for([
    ['/rest/v1/rpc/wrap', `{"value":${nested(64)}}`],
    ['/rest/v1/rpc/wrap', `{"value":${nested(6_000)}}`],
    ['/rest/v1/notes', `[{"data":${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}}]`],
    ['/auth/v1/signup', `\ufeff {"email":"a@example.com","data":${nested(3_000)}}`],
    ['/storage/v1/object/list/files', nested(100_000)],
    ['/functions/v1/any', nested(65)],
    ['/realtime/v1/api/broadcast', `{"messages":${nested(60_000)}}`],
  ] as const)('at %s', async ([path, body]) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await gateway.request(path, { method: 'POST', headers, body });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      code: 'json_too_deep',
      message: expect.stringContaining('64'),
      details: 'json_too_deep',
      hint: expect.any(String),
    });
  });
});

describe('an upload', () => {
  const drafts = () =>
    readdirSync(join(gateway.config.dataDir, 'storage')).filter((name) =>
      name.startsWith('.upload'),
    );
  const upload = (bucket: string, name: string, size: number) =>
    owner.client.storage.from(bucket).upload(name, new Blob([new Uint8Array(size).fill(7)]));

  test('arrives whole, whatever its parts', async () => {
    const bytes = Uint8Array.from({ length: 3 * MIB + 7 }, (_, at) => (at * 31) % 251);
    const name = `${owner.id}/whole`;
    const sent = await owner.client.storage.from('files').upload(name, new Blob([bytes]));
    expect(sent.error).toBeNull();
    const { data } = await owner.client.storage.from('files').download(name);
    const received = new Uint8Array((await data?.arrayBuffer()) ?? []);
    expect(received.findIndex((byte, at) => byte !== bytes[at])).toBe(-1);
    expect(received).toHaveLength(bytes.length);
  });

  test('with a line that looks like a mark arrives whole', async () => {
    const text = `a\r\n--b\r\n\r\n--${'-'.repeat(40)}\r\n`;
    expect(
      (await owner.client.storage.from('files').upload('marks', new Blob([text]))).error,
    ).toBeNull();
    const { data } = await owner.client.storage.from('files').download('marks');
    expect(await data?.text()).toBe(text);
  });

  test('of some megabytes stays out of memory', async () => {
    const before = residentMib();
    await Promise.all(Array.from({ length: 6 }, (_, at) => upload('files', `big-${at}`, 8 * MIB)));
    expect(residentMib() - before).toBeLessThan(45);
  });

  test('above the bucket’s limit is 413, as a form and bare, and leaves nothing', async () => {
    const { error } = await upload('small', 'form', 1_001);
    expect(error).toMatchObject({ status: 413, message: 'The file is larger than 1000 bytes.' });
    const bare = await gateway.request('/storage/v1/object/small/bare', {
      method: 'POST',
      headers: { authorization: `Bearer ${owner.accessToken}`, 'content-type': 'text/plain' },
      body: new Blob(['x'.repeat(70_000)]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect([bare.status, await bare.json()]).toEqual([
      413,
      expect.objectContaining({ code: 'file_too_large' }),
    ]);
    expect((await upload('small', 'fits', 1_000)).error).toBeNull();
    expect(drafts()).toEqual([]);
  });

  test('above the project’s limit is refused before it is read', async () => {
    const { status, sent } = await send({
      path: '/storage/v1/object/files/huge',
      headers: { authorization: `Bearer ${owner.accessToken}` },
      declared: 150 * MIB,
      mebibytes: 150,
    });
    expect([status, sent < 150]).toEqual([413, true]);
  });

  test('that may not be is refused before its file is read', async () => {
    const { status, sent } = await send({
      path: '/storage/v1/object/files/anonymous',
      headers: { apikey: gateway.keys.publishable, 'content-type': 'application/octet-stream' },
      mebibytes: 100,
    });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(sent).toBeLessThan(100);
  });
});
