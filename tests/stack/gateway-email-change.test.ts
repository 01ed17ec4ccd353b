/** An e-mail address is changed once the old and the new one have confirmed it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SignedUp, startGateway, type TestGateway } from '../support/gateway.ts';
import { readMails } from '../support/mail.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway?.stop());

async function mailTo(address: string) {
  const mails = await readMails(gateway.config.dataDir);
  const mail = mails.findLast(({ to }) => to === address);
  if (!mail) throw new Error(`no mail to ${address}`);
  return mail;
}

async function askForChange() {
  const user = await gateway.signUp();
  const newEmail = `new-${user.email}`;
  const { error } = await user.client.auth.updateUser({ email: newEmail });
  expect(error).toBeNull();
  return { user, newEmail };
}

/** Opens the mail's link; returns what it tells the application. */
async function follow(address: string): Promise<URLSearchParams> {
  const answer = await fetch((await mailTo(address)).link, { redirect: 'manual' });
  return new URLSearchParams(new URL(answer.headers.get('location') ?? '').hash.slice(1));
}

async function emailOf({ id }: SignedUp): Promise<string> {
  const [row] = await gateway.sql`select email from auth.users where id = ${id}`;
  return row?.email;
}

test('the old address alone changes nothing, however often its link is opened', async () => {
  const { user } = await askForChange();
  const first = await follow(user.email);
  expect(first.get('message')).toMatch(/^Confirmation link accepted\. Please proceed/);
  expect(first.has('access_token')).toBe(false);
  expect((await follow(user.email)).get('error_code')).toBe('otp_expired');
  expect(await emailOf(user)).toBe(user.email);
});

test.for([['old', 'new'] as const, ['new', 'old'] as const])(
  'the %s address and then the %s one change it',
  async ([first]) => {
    const { user, newEmail } = await askForChange();
    const order = first === 'old' ? [user.email, newEmail] : [newEmail, user.email];
    await follow(order[0] as string);
    expect(await emailOf(user)).toBe(user.email);
    expect((await follow(order[1] as string)).has('access_token')).toBe(true);
    expect(await emailOf(user)).toBe(newEmail);
    const { password } = user;
    const signedIn = await gateway.anon().auth.signInWithPassword({ email: newEmail, password });
    expect(signedIn.data.user?.email).toBe(newEmail);
  },
);

test('codes do what links do', async () => {
  const { user, newEmail } = await askForChange();
  const confirm = async (email: string) =>
    gateway
      .anon()
      .auth.verifyOtp({ type: 'email_change', email, token: (await mailTo(email)).code });
  expect((await confirm(newEmail)).data.session).toBeNull();
  expect((await confirm(user.email)).data.user?.email).toBe(newEmail);
});

test('both links at once change it', async () => {
  const { user, newEmail } = await askForChange();
  await Promise.all([follow(user.email), follow(newEmail)]);
  expect(await emailOf(user)).toBe(newEmail);
});

test('who asks anew needs both confirmations anew', async () => {
  const { user } = await askForChange();
  await follow(user.email);
  const other = `other-${user.email}`;
  await user.client.auth.updateUser({ email: other });
  await follow(other);
  expect(await emailOf(user)).toBe(user.email);
  await follow(user.email);
  expect(await emailOf(user)).toBe(other);
});
