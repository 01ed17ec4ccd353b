/**
 * Every table and command and every function of the API with junk of every kind, as somebody anonymous, a stranger
 * and the owner: never a failure of the server, nothing of the owner's read or changed by others, no secret told.
 */
import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { test as base, describe, expect } from '../support/fixtures.ts';
import type { TestStack } from '../support/stack.ts';
import { signToken } from '../support/tokens.ts';
import { readRowsOf, readRpcs, readTables } from './catalogue.ts';
import { JUNK, JUNK_FILTERS, JUNK_QUERIES } from './junk.ts';

/** Stands in everything of the owner's that others must not read. */
const MARK = 'only-the-owner-reads-this';
const RTMP_KEY = 'rtmp-key-that-nobody-is-told';

const AT_ONCE = 4;

interface Person {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Answer {
  /** What was asked, for people. */
  readonly asked: string;
  readonly status: number;
  readonly text: string;
}

async function signIn(stack: TestStack, id: string): Promise<Person> {
  const claims = { role: 'authenticated', sub: id, session_id: randomUUID() };
  const token = await signToken(stack.keys.jwtSecret, { claims });
  const headers = { apikey: stack.keys.publishable, authorization: `Bearer ${token}` };
  return { id, headers };
}

async function call(
  stack: TestStack,
  { headers }: Pick<Person, 'headers'>,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(`${stack.config.apiUrl}/rest/v1/${path}`, {
    method,
    headers: { ...headers, 'content-type': 'application/json', prefer: 'return=representation' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const given = JSON.stringify(body)?.slice(0, 300) ?? '';
  return {
    asked: `${method} ${path.slice(0, 200)} ${given}`,
    status: response.status,
    text: await response.text(),
  };
}

const test = base
  .extend('people', { scope: 'file' }, async ({ stack, stackSql }) => {
    const create = async (email: string) => {
      const id = randomUUID();
      await stackSql`insert into auth.users (id, email, email_confirmed_at) values (${id}, ${email}, now())`;
      return signIn(stack, id);
    };
    return {
      owner: await create(`${MARK}@example.com`),
      stranger: await create('stranger@example.com'),
      anon: { id: randomUUID(), headers: { apikey: stack.keys.publishable } },
    };
  })
  /** What the owner has: ids by the name of the parameter that takes them, and secrets. */
  .extend('things', { scope: 'file' }, async ({ stack, stackSql, people: { owner } }) => {
    await stackSql`insert into private.settings (key, value, comment) values ('planted', '1', 'For a test.')`;
    const made = JSON.parse(
      (
        await call(stack, owner, 'POST', 'rpc/create_stream', {
          title: MARK,
          visibility: 'private',
        })
      ).text,
    );
    const request = JSON.parse(
      (
        await call(stack, owner, 'POST', 'rpc/request_stream', {
          title: MARK,
          video_source: 'https://example.com/video.mp4',
          rtmp_url: `rtmp://example.com/live/${RTMP_KEY}`,
        })
      ).text,
    );
    await call(stack, owner, 'POST', 'rpc/register_device', {
      device_name: MARK,
      device_type: 'web',
    });
    await stackSql`update public.users set first_name = ${MARK} where id = ${owner.id}`;
    const [device] =
      await stackSql`select id from public.user_sessions where user_id = ${owner.id}`;
    const ids = {
      stream_id: made.stream.id as string,
      request_id: request.id as string,
      session_id: device?.id as string,
      user_id: owner.id,
      aggregate_id: made.stream.id as string,
    };
    const { secret, jwtSecret, ingestSecret } = stack.keys;
    const key = (made.stream_key as string).split('?key=')[1] as string;
    return { ids, secrets: [key, RTMP_KEY, secret, jwtSecret, ingestSecret] };
  });

interface Things {
  readonly ids: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** A value that a parameter might really have: the owner's ids where it is one. */
function plausible(things: Things, name: string, type: string): unknown {
  if (type === 'uuid') return things.ids[name] ?? things.ids.request_id;
  if (/int|numeric|double/.test(type)) return 10;
  if (type === 'boolean') return false;
  if (type.endsWith('[]')) return ['a'];
  if (type === 'jsonb') return {};
  if (type.startsWith('timestamp')) return '2026-01-01T00:00:00Z';
  return 'a';
}

async function* rpcCalls(sql: Sql, things: Things) {
  for (const { name, parameters } of await readRpcs(sql)) {
    const whole = Object.fromEntries(
      parameters.map((parameter) => [
        parameter.name,
        plausible(things, parameter.name, parameter.type),
      ]),
    );
    const path = `rpc/${name}`;
    yield { method: 'POST', path, body: whole };
    yield { method: 'POST', path, body: {} };
    yield { method: 'GET', path, body: undefined };
    for (const parameter of parameters) {
      for (const junk of Object.values(JUNK)) {
        yield { method: 'POST', path, body: { ...whole, [parameter.name]: junk } };
      }
    }
  }
}

async function* tableCalls(sql: Sql, { ids }: Things) {
  for (const { name, columns } of await readTables(sql)) {
    for (const query of JUNK_QUERIES)
      yield { method: 'GET', path: `${name}?${query}`, body: undefined };
    yield { method: 'GET', path: name, body: undefined };
    const key = columns.includes('user_id') ? `user_id=eq.${ids.user_id}` : `id=eq.${ids.user_id}`;
    for (const column of columns) {
      for (const filter of JUNK_FILTERS) {
        yield { method: 'GET', path: `${name}?${column}=${filter}`, body: undefined };
      }
      for (const junk of Object.values(JUNK)) {
        yield { method: 'PATCH', path: `${name}?${key}`, body: { [column]: junk } };
        yield { method: 'POST', path: name, body: { [column]: junk } };
      }
    }
    yield { method: 'DELETE', path: `${name}?${key}`, body: undefined };
  }
}

type Calls = AsyncGenerator<{ method: string; path: string; body: unknown }>;

/** Sends all of them, a few at once, and returns what is wrong with the answers. */
async function attack(
  stack: TestStack,
  who: Pick<Person, 'headers'>,
  calls: Calls,
  forbidden: readonly string[],
) {
  const wrong: string[] = [];
  let sent = 0;
  const work = async () => {
    for (let next = await calls.next(); !next.done; next = await calls.next()) {
      const { method, path, body } = next.value;
      const { asked, status, text } = await call(stack, who, method, path, body);
      sent++;
      const told = forbidden.find((secret) => text.includes(secret));
      if (told) wrong.push(`${asked}: tells ${told}`);
      if (status >= 500) wrong.push(`${asked}: ${status} ${text.slice(0, 200)}`);
      if (status >= 400 && !/"message":/.test(text))
        wrong.push(`${asked}: ${status} without words`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { sent, wrong: wrong.slice(0, 40) };
}

const KINDS = { functions: rpcCalls, tables: tableCalls } as const;

describe.for(['anon', 'stranger', 'owner'] as const)('%s', (name) => {
  test.for(['functions', 'tables'] as const)(
    '%s',
    { timeout: 600_000 },
    async (kind, { stack, stackSql, people, things }) => {
      const isOwner = name === 'owner';
      const texts = [people.owner.id, ...Object.values(things.ids)];
      const before = isOwner ? [] : await readRowsOf(stackSql, texts);
      const forbidden = isOwner ? things.secrets : [...things.secrets, MARK];
      const calls = KINDS[kind](stackSql, things);
      const { sent, wrong } = await attack(stack, people[name], calls, forbidden);
      expect(wrong).toEqual([]);
      expect(sent).toBeGreaterThan(100);
      if (!isOwner) expect(await readRowsOf(stackSql, texts)).toEqual(before);
    },
  );
});
