/** What is kept out of logs and reports, in whatever shape it comes. */
import { expect, test } from 'vitest';
import { parseTarget } from '../../worker/relay/target-address.ts';
import { Secrets } from '../../worker/secrets.ts';

const TARGET = 'rtmps://host:443/live/abc-key-123?sign=hush%2Dhush&t=1';
const SOURCE = 'https://me:my-password@videos.example.com/a.mp4?signature=long-signature';

function masked(text: string): string {
  const secrets = new Secrets();
  secrets.addTarget(TARGET, parseTarget(TARGET));
  secrets.addSource(SOURCE);
  secrets.add('http://127.0.0.1:4000/token', '<source>');
  return secrets.mask(text);
}

test.each([
  [`Error opening ${TARGET}: refused`, 'Error opening <target>: refused'],
  ['stream live/abc-key-123?sign=hush%2Dhush&t=1 in use', 'stream <target> in use'],
  ['stream abc-key-123 in use', 'stream … in use'],
  ['sign hush%2Dhush or hush-hush is wrong', 'sign … or … is wrong'],
  [`${SOURCE}: 404`, '<source>: 404'],
  ['signature=long-signature', '…=…'],
  ['long-signature and my-password', '… and …'],
  ['http://127.0.0.1:4000/token: End of file', '<source>: End of file'],
  ['the application live is known', 'the application live is known'],
])('%s', (text, expected) => {
  expect(masked(text)).toBe(expected);
});

test('an address that could not be read is hidden whole', () => {
  const secrets = new Secrets();
  secrets.addTarget('no address with a key');
  expect(secrets.mask('got no address with a key')).toBe('got <target>');
});
