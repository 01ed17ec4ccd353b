/** The client's address behind proxies: the trusted ones are believed, and nobody else. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../stack/config.ts';
import { requestFrom } from '../support/client-address.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const PROXY = '127.0.0.2';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({
    env: { STREAMBED_TRUSTED_PROXIES: `${PROXY}, 10.0.0.0/8, fd00::/8` },
  });
});

afterAll(() => gateway?.stop());

async function seenAddress(from: string, forwarded: string): Promise<string> {
  const headers = { apikey: gateway.keys.publishable, 'x-forwarded-for': forwarded };
  const { body } = await requestFrom(from, `${gateway.config.apiUrl}/rest/v1/rpc/whoami`, headers);
  const seen = JSON.parse(body).headers;
  expect(seen['x-real-ip']).toBe(seen['x-forwarded-for']);
  return seen['x-real-ip'];
}

test.each([
  ['the one that asked it', '198.51.100.7', '198.51.100.7'],
  ['not what that one claimed', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
  ['the one before a second trusted proxy', '203.0.113.9, 198.51.100.7, 10.1.2.3', '198.51.100.7'],
  ['an IPv6 address', '2001:db8::7, fd00::1', '2001:db8::7'],
  ['an IPv4 address that IPv6 carries', '::ffff:198.51.100.7', '198.51.100.7'],
  ['an address with a port', '198.51.100.7:443', '198.51.100.7'],
  ['an IPv6 address with a port', '[2001:db8::7]:443', '2001:db8::7'],
  ['itself, when it names none', '', PROXY],
  ['itself, when what it names is no address', '198.51.100.7, unknown', PROXY],
  ['the first, when all are trusted', '10.9.9.9, 10.1.2.3', '10.9.9.9'],
])('a trusted proxy’s client is %s', async (_, forwarded, expected) => {
  expect(await seenAddress(PROXY, forwarded)).toBe(expected);
});

test('whoever is no trusted proxy is the client, whatever it claims', async () => {
  expect(await seenAddress('127.0.0.3', '198.51.100.7')).toBe('127.0.0.3');
  expect(await seenAddress('127.0.0.3', `198.51.100.7, ${PROXY}`)).toBe('127.0.0.3');
});

test('a setting that names no network is refused by its name', () => {
  for (const wrong of ['proxy.example.com', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/x']) {
    expect(() => loadConfig({ STREAMBED_TRUSTED_PROXIES: `127.0.0.1,${wrong}` })).toThrow(
      `STREAMBED_TRUSTED_PROXIES must list addresses or networks such as 10.0.0.0/8, got "${wrong}"`,
    );
  }
});
