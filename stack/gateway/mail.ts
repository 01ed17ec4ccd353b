import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmailDriver, EmailMessage } from '@supabase/lite';

export interface MailSettings {
  readonly dataDir: string;
  /** Where the gateway answers, which is where confirmation links must lead. */
  readonly apiUrl: string;
  /** Where the application lives, which is where lite makes them lead. */
  readonly siteUrl: string;
}

/** Keeps outgoing mail in `<dataDir>/mail/`, one file a message, instead of sending it. */
export class MailFolder implements EmailDriver {
  readonly #folder: string;
  readonly #wrongLink: string;
  readonly #rightLink: string;

  constructor({ dataDir, apiUrl, siteUrl }: MailSettings) {
    this.#folder = join(dataDir, 'mail');
    this.#wrongLink = new URL('/auth/v1/verify', siteUrl).href;
    this.#rightLink = new URL('/auth/v1/verify', apiUrl).href;
  }

  /** Writes the message and logs its recipient and file, never its text, which holds tokens. */
  async send({ to, subject, text, html }: EmailMessage): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const stamp = new Date().toISOString().replaceAll(':', '-');
    const file = `${stamp}-${randomBytes(3).toString('hex')}.eml`;
    const head = `To: ${to}\nSubject: ${subject}\nDate: ${new Date().toUTCString()}\n`;
    const body = (text ?? html ?? '').replaceAll(this.#wrongLink, this.#rightLink);
    const type = `Content-Type: ${text ? 'text/plain' : 'text/html'}; charset=utf-8\n`;
    await writeFile(join(this.#folder, file), `${head}${type}\n${body}\n`, { mode: 0o600 });
    console.log(`mail to ${to}: ${file}`);
  }
}
