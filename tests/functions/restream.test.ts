/** stream-start and stream-stop, as owners, admins, strangers and backends call them. */
import { createClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownError } from '../support/own-error.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { type Account, signUp } from '../support/watching.ts';

const VIDEO = new Blob(['not really a video'], { type: 'video/mp4' });

let stack: TestStack;
let sql: Sql;
let owner: Account;
let admin: Account;
beforeAll(async () => {
  stack = await startStack({ env: { STREAMBED_WORKERS: '0' } });
  sql = postgres(stack.config.dbUrl, { max: 2, onnotice() {} });
  [owner, admin] = await Promise.all([signUp(stack), signUp(stack)]);
  await sql`update public.users set role = 'admin' where id = ${admin.id}`;
  await sql`update public.users set package_type = 'pro' where id = ${owner.id}`;
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});

const as = (account: Account) =>
  createClient(stack.config.apiUrl, stack.keys.publishable, {
    global: { headers: { Authorization: `Bearer ${account.token}` } },
  });

async function call(name: string, body: unknown, headers: Record<string, string>) {
  const answer = await fetch(`${stack.config.apiUrl}/functions/v1/${name}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}
const signedIn = (account: Account) => ({
  apikey: stack.keys.publishable,
  authorization: `Bearer ${account.token}`,
});
const start = (requestId: string, headers: Record<string, string> = signedIn(owner)) =>
  call('stream-start', { request_id: requestId }, headers);
const stop = (sessionId: string, headers: Record<string, string> = signedIn(owner)) =>
  call('stream-stop', { session_id: sessionId }, headers);

async function approvedRequest(source = 'https://example.com/video.mp4') {
  const { data, error } = await as(owner).rpc('request_stream', {
    video_source: source,
    rtmp_url: 'rtmp://live.example.com/app/key',
    title: 'A video',
  });
  expect(error).toBeNull();
  const approval = await as(admin).rpc('approve_stream_request', { id: data.id });
  expect(approval.error).toBeNull();
  return data.id as string;
}

async function uploadedVideo(name: string): Promise<string> {
  const { error } = await as(owner).storage.from('videos').upload(`${owner.id}/${name}`, VIDEO);
  expect(error).toBeNull();
  return `videos/${owner.id}/${name}`;
}

const jobOf = async (sessionId: string) =>
  (await sql`select * from private.restream_jobs where session_id = ${sessionId}`)[0];

describe('stream-start', () => {
  test('answers the session, the same one when called again', async () => {
    const id = await approvedRequest();
    const first = await start(id);
    expect(first).toMatchObject({
      status: 200,
      body: {
        kind: 'restream',
        status: 'starting',
        user_id: owner.id,
        rtmp_url: 'rtmp://live.example.com/app/****',
      },
    });
    expect(await start(id)).toEqual(first);
    const calls = await Promise.all([start(id), start(id), start(id)]);
    expect(new Set(calls.map(({ body }) => body.id))).toEqual(new Set([first.body.id]));
  });

  test('gives workers a signed URL of a file in storage', async () => {
    const id = await approvedRequest(await uploadedVideo('signed.mp4'));
    const { body } = await start(id);
    const job = await jobOf(body.id);
    expect(await (await fetch(job?.source_url)).text()).toBe('not really a video');
    expect(JSON.stringify(body)).not.toContain('token=');
  });

  test('is refused when the file is gone, and nothing is started', async () => {
    const source = await uploadedVideo('gone.mp4');
    const id = await approvedRequest(source);
    await as(owner)
      .storage.from('videos')
      .remove([source.replace('videos/', '')]);
    expect(await start(id)).toEqual(ownError('video_not_found'));
    const [request] = await sql`select status from public.stream_requests where id = ${id}`;
    expect(request?.status).toBe('approved');
  });

  test('is refused when another file has taken the place of the approved one', async () => {
    const source = await uploadedVideo('replaced.mp4');
    const id = await approvedRequest(source);
    const { error } = await as(owner)
      .storage.from('videos')
      .upload(source.replace('videos/', ''), new Blob(['another video'], { type: 'video/mp4' }), {
        upsert: true,
      });
    expect(error).toBeNull();
    expect(await start(id)).toMatchObject({
      status: 409,
      body: { code: 'PT409', details: 'video_changed', hint: expect.any(String) },
    });
  });

  test('is for the owner, admins and backends', async () => {
    const id = await approvedRequest();
    const stranger = await signUp(stack);
    expect(await start(id, signedIn(stranger))).toMatchObject({
      status: 404,
      body: { details: 'request_not_found' },
    });
    expect(await start(id, { apikey: stack.keys.publishable })).toEqual(ownError('unauthorized'));
    const byAdmin = await start(id, signedIn(admin));
    expect(byAdmin).toMatchObject({ status: 200, body: { user_id: owner.id } });
    expect(await start(id, { apikey: stack.keys.secret })).toEqual(byAdmin);
  });

  test('says what the database refuses', async () => {
    const { data } = await as(owner).rpc('request_stream', {
      video_source: 'https://example.com/video.mp4',
      rtmp_url: 'rtmp://live.example.com/app/key',
      title: 'Pending',
    });
    expect(await start(data.id)).toMatchObject({
      status: 409,
      body: { code: 'PT409', details: 'request_not_approved', hint: expect.any(String) },
    });
  });

  test.each([{}, { request_id: 'x' }, { request_id: 7 }, null, 'text'])(
    'refuses the body %j',
    async (body) => {
      expect(await call('stream-start', body, signedIn(owner))).toEqual(
        ownError('request_malformed'),
      );
    },
  );
});

test('a page of another origin may read why a stranger is refused', async () => {
  const answer = await fetch(`${stack.config.functionsUrl}/functions/v1/stream-stop`, {
    method: 'POST',
    body: '{}',
  });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('content-type')).toContain('application/json');
});

describe('stream-stop', () => {
  test('answers the session, alike when called again', async () => {
    const { body: session } = await start(await approvedRequest());
    const first = await stop(session.id);
    expect(first).toMatchObject({
      status: 200,
      body: { id: session.id, status: 'stopped', ended_reason: 'stopped' },
    });
    expect(await stop(session.id)).toEqual(first);
  });

  test('is for the owner, admins and backends', async () => {
    const { body: session } = await start(await approvedRequest());
    const stranger = await signUp(stack);
    expect(await stop(session.id, signedIn(stranger))).toMatchObject({
      status: 404,
      body: { details: 'session_not_found' },
    });
    expect(await stop(session.id, { apikey: stack.keys.publishable })).toEqual(
      ownError('unauthorized'),
    );
    expect(await stop(session.id, signedIn(admin))).toMatchObject({ status: 200 });
    expect(await stop(session.id, { apikey: stack.keys.secret })).toMatchObject({
      status: 200,
    });
  });

  test.each([{}, { session_id: 'x' }, null])('refuses the body %j', async (body) => {
    expect(await call('stream-stop', body, signedIn(owner))).toMatchObject({ status: 400 });
  });
});

test('a worker may be served through the API as well', async () => {
  const server = createClient(stack.config.apiUrl, stack.keys.secret);
  await sql`delete from private.restream_jobs`;
  const idle = await server.rpc('claim_session', { worker_id: 'far-away', lease_seconds: 30 });
  expect(idle).toMatchObject({ error: null });
  expect(idle.data).toEqual({ session: null, rules: null, retry_in_seconds: null });
  const { body: session } = await start(await approvedRequest());
  const worker = { session_id: session.id, worker_id: 'far-away' };
  const claim = await server.rpc('claim_session', { worker_id: 'far-away', lease_seconds: 30 });
  expect(claim.data).toEqual({
    session: {
      id: session.id,
      source_url: 'https://example.com/video.mp4',
      is_storage: false,
      rtmp_url: 'rtmp://live.example.com/app/key',
      repeat: false,
      attempt: 1,
      lease_seconds: 30,
    },
    rules: {
      forbidden_networks: expect.arrayContaining(['10.0.0.0/8']),
      allowed_source_hosts: expect.any(Array),
      allowed_target_hosts: expect.any(Array),
    },
    retry_in_seconds: null,
  });
  const renewal = await server.rpc('renew_session', { ...worker, stats: { fps: 30 } });
  expect(renewal.data).toEqual({ status: 'starting', lease_seconds: 30 });
  const report = await server.rpc('report_session', { ...worker, status: 'stopped', exit_code: 0 });
  expect(report.data).toEqual({ status: 'stopped' });
  const health = await as(owner).rpc('get_stream_health', { session_id: session.id });
  expect(health.data).toMatchObject([{ fps: 30, bitrate_kbps: null }]);
});

test('what a browser reads of a request and its session holds no key', async () => {
  const id = await approvedRequest('https://example.com/v.mp4?signature=hush-hush');
  const { body: session } = await start(id);
  const client = as(owner);
  const rows = await Promise.all([
    client.from('stream_requests').select().eq('id', id),
    client.from('stream_sessions').select().eq('id', session.id),
    client.rpc('get_audit_trail', { user_id: owner.id }),
  ]);
  for (const { data, error } of rows) {
    expect(error).toBeNull();
    expect(JSON.stringify(data)).not.toMatch(/hush-hush|\/app\/key/);
  }
});
