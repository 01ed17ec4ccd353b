/** With confirmations on, a new user signs in only after following the mail's link. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type Mail, readMails } from '../support/mail.ts';

const email = 'new@example.com';
const password = 'a long password';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({ env: { SUPABASE_AUTH_EMAIL_ENABLE_CONFIRMATIONS: 'true' } });
});

afterAll(() => gateway?.stop());

const mails = () => readMails(gateway.config.dataDir);

const signIn = () => gateway.anon().auth.signInWithPassword({ email, password });

test('signing up gives no session, and a mail in the data folder', async () => {
  const { data, error } = await gateway.anon().auth.signUp({ email, password });
  expect([error, data.session]).toEqual([null, null]);
  expect((await mails()).map(({ to }) => to)).toEqual([email]);
});

test('signing in is refused until then', async () => {
  expect((await signIn()).error?.code).toBe('email_not_confirmed');
});

test('the log names recipient and file, and not the token', async () => {
  const [mail] = await mails();
  const { file, code, link } = mail as Mail;
  const token = /token=([0-9a-f]+)/.exec(link)?.[1] ?? '';
  expect([token.length > 20, code.length]).toEqual([true, 6]);
  expect(gateway.output).toContain(`mail to ${email}: ${file}`);
  expect(gateway.output).not.toContain(token);
  expect(gateway.output).not.toContain(code);
});

test('the link leads to the gateway, confirms, and then signing in works', async () => {
  const [mail] = await mails();
  const { link } = mail as Mail;
  expect(link.startsWith(`${gateway.config.apiUrl}/auth/v1/verify?`)).toBe(true);
  const answer = await fetch(link, { redirect: 'manual' });
  expect(answer.status).toBe(303);
  const { data, error } = await signIn();
  expect(error).toBeNull();
  expect(data.user?.email_confirmed_at).toBeTruthy();
});
