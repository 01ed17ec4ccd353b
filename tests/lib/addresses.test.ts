/** Where things are, as the environment says. */
import { expect, test } from 'vitest';
import { localDatabaseUrl, ownerDatabaseUrl } from '../../lib/database-url.ts';
import { readPorts } from '../../lib/local-ports.ts';
import { readUrl } from '../../lib/read-url.ts';

const REDIS = [['redis:', 'rediss:'], 'redis://host:6379'] as const;

test('ports are the Supabase CLI’s, or count from a base, and each may be set by itself', () => {
  expect(readPorts({})).toMatchObject({ api: 54321, db: 54322, rtmp: 1935 });
  const set = { STREAMBED_PORT_BASE: '20000', STREAMBED_PORT_DB: '5432' };
  expect(readPorts(set)).toMatchObject({ api: 20021, db: 5432, rtmp: 20035 });
});

test.each([
  ['STREAMBED_PORT_BASE', '0'],
  ['STREAMBED_PORT_API', '65536'],
  ['STREAMBED_PORT_MEDIA', '80.5'],
])('%s=%s is refused by its name', (name, value) => {
  expect(() => readPorts({ [name]: value })).toThrow(
    `${name} must be a whole number from 1 to 65535, got "${value}"`,
  );
});

test('a command works on DATABASE_URL, else on the local stack', () => {
  const there = 'postgres://me@db.example.com/postgres';
  expect(ownerDatabaseUrl({ DATABASE_URL: there })).toBe(there);
  const here = { STREAMBED_PORT_DB: '5432', DATABASE_URL: '' };
  expect(ownerDatabaseUrl(here)).toBe('postgres://postgres:postgres@127.0.0.1:5432/postgres');
  expect(localDatabaseUrl(here, 'reader')).toBe('postgres://reader:reader@127.0.0.1:5432/postgres');
});

test('a URL has one of its protocols, and is not repeated where it has not', () => {
  expect(readUrl({}, 'REDIS_URL', ...REDIS)).toBeNull();
  expect(readUrl({ REDIS_URL: 'rediss://:word@host' }, 'REDIS_URL', ...REDIS)).toBe(
    'rediss://:word@host',
  );
  for (const url of ['http://:word@host', ':word@host', 'redis//word']) {
    expect(() => readUrl({ REDIS_URL: url }, 'REDIS_URL', ...REDIS)).toThrow(
      /^REDIS_URL must look like redis:\/\/host:6379$/,
    );
  }
});
