/** Where a worker may connect to: every way there is to name an address that is not public. */
import { describe, expect, test } from 'vitest';
import { Guard, type Lookup } from '../../worker/guard/guard.ts';
import { ForbiddenNetworks } from '../../worker/guard/networks.ts';
import { RULES } from '../support/worker-parts.ts';

const resolvesTo =
  (...addresses: string[]): Lookup =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const FORBIDDEN = [
  ...['127.0.0.1', '127.255.0.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255'],
  ...['192.168.1.1', '169.254.169.254', '100.64.0.1', '224.0.0.1', '255.255.255.255'],
  ...['::1', '::', 'fe80::1', 'fe80::1%eth0', 'fd00::1', 'ff02::1'],
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::127.0.0.1', '::ffff:0:10.0.0.1'],
  ...['64:ff9b::127.0.0.1', '64:ff9b::a00:1', '2002:7f00:1::', '2002:a00:1::1'],
];
const PUBLIC = ['8.8.8.8', '172.32.0.1', '1.1.1.1', '2a00:1450:4001::1', '2606:4700::1111'];

describe('a name that resolves', () => {
  test.each(FORBIDDEN)('to %s is refused, as source and as target', async (address) => {
    const guard = new Guard(RULES, resolvesTo(address));
    await expect(guard.source('video.example.com', 443)).rejects.toThrow(/private or reserved/);
    await expect(guard.target('rtmp.example.com', 1935)).rejects.toThrow(/private or reserved/);
  });

  test.each(PUBLIC)('to %s is let through, and connected to there', async (address) => {
    const guard = new Guard(RULES, resolvesTo(address));
    expect(await guard.source('video.example.com', 443)).toMatchObject([{ address }]);
    expect(await guard.target('rtmp.example.com', 1935)).toMatchObject([{ address }]);
  });

  test('to a public and a private address is refused', async () => {
    const guard = new Guard(RULES, resolvesTo('8.8.8.8', '10.0.0.1'));
    await expect(guard.target('rtmp.example.com', 1935)).rejects.toThrow(/private or reserved/);
  });

  test('to nothing is refused', async () => {
    const guard = new Guard(RULES, async () => {
      throw new Error('ENOTFOUND');
    });
    await expect(guard.source('nowhere.example.com', 80)).rejects.toThrow(/could not be resolved/);
  });
});

/** What the system's resolver makes of them is what counts, so it is the one that is asked. */
test.each([
  ...['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost', 'localhost.', 'LOCALHOST'],
  ...['2130706433', '0x7f000001', '017700000001', '127.1', '0x7f.1', '0177.0.0.1', '0'],
])('the literal %s is refused', async (host) => {
  const guard = new Guard(RULES);
  await expect(guard.source(host, 80)).rejects.toThrow(/private or reserved|not be resolved/);
  await expect(guard.target(host, 1935)).rejects.toThrow(/private or reserved|not be resolved/);
});

describe('hosts that the settings name', () => {
  const guard = new Guard(
    {
      ...RULES,
      allowed_source_hosts: ['files.lan:8080', '[::1]'],
      allowed_target_hosts: ['rtmp.lan'],
    },
    resolvesTo('10.0.0.1'),
  );

  test('may be in a private network, each for its purpose and at its port', async () => {
    expect(await guard.source('FILES.lan.', 8080)).toHaveLength(1);
    expect(await guard.source('::1', 80)).toHaveLength(1);
    expect(await guard.target('rtmp.lan', 1935)).toHaveLength(1);
    await expect(guard.source('files.lan', 80)).rejects.toThrow(/private or reserved/);
    await expect(guard.source('rtmp.lan', 1935)).rejects.toThrow(/private or reserved/);
    await expect(guard.target('files.lan', 8080)).rejects.toThrow(/private or reserved/);
    await expect(guard.target('not-rtmp.lan', 1935)).rejects.toThrow(/private or reserved/);
  });

  test('our own storage may be anywhere', async () => {
    expect(await guard.source('storage.internal', 80, true)).toHaveLength(1);
  });
});

test('a network that is none is an error, not a hole', () => {
  expect(() => new ForbiddenNetworks(['10.0.0.0/8', 'private'])).toThrow(/no network/);
  expect(new ForbiddenNetworks([]).has('no address')).toBe(true);
});
