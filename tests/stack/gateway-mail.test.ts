/** With confirmations on, a new user signs in only after following the mail's link. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const email = 'new@example.com';
const password = 'a long password';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({ env: { SUPABASE_AUTH_EMAIL_ENABLE_CONFIRMATIONS: 'true' } });
});

afterAll(() => gateway?.stop());

async function mailFiles(): Promise<string[]> {
  const folder = join(gateway.config.dataDir, 'mail');
  return (await readdir(folder)).sort().map((file) => join(folder, file));
}

const signIn = () => gateway.anon().auth.signInWithPassword({ email, password });

test('signing up gives no session, and a mail in the data folder', async () => {
  const { data, error } = await gateway.anon().auth.signUp({ email, password });
  expect([error, data.session]).toEqual([null, null]);
  const mails = await mailFiles();
  expect(mails).toHaveLength(1);
  expect(await readFile(mails[0] as string, 'utf8')).toContain(`To: ${email}`);
});

test('signing in is refused until then', async () => {
  expect((await signIn()).error?.code).toBe('email_not_confirmed');
});

test('the log names recipient and file, and not the token', async () => {
  const [file] = await mailFiles();
  const mail = await readFile(file as string, 'utf8');
  const token = /token=([0-9a-f]+)/.exec(mail)?.[1] ?? '';
  const code = /\b(\d{6})\b/.exec(mail.slice(mail.indexOf('\n\n')))?.[1] ?? '';
  expect([token.length > 20, code.length]).toEqual([true, 6]);
  expect(gateway.output).toContain(`mail to ${email}: ${file?.split('/').at(-1)}`);
  expect(gateway.output).not.toContain(token);
  expect(gateway.output).not.toContain(code);
});

test('the link leads to the gateway, confirms, and then signing in works', async () => {
  const [file] = await mailFiles();
  const link = /https?:\/\/\S+/.exec(await readFile(file as string, 'utf8'))?.[0] ?? '';
  expect(link.startsWith(`${gateway.config.apiUrl}/auth/v1/verify?`)).toBe(true);
  const answer = await fetch(link, { redirect: 'manual' });
  expect(answer.status).toBe(303);
  const { data, error } = await signIn();
  expect(error).toBeNull();
  expect(data.user?.email_confirmed_at).toBeTruthy();
});
