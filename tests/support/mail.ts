/** The mails that a stack has written instead of sending them. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Mail {
  readonly file: string;
  readonly to: string;
  readonly link: string;
  readonly code: string;
}

function parseMail(file: string, text: string): Mail {
  const body = text.slice(text.indexOf('\n\n'));
  return {
    file,
    to: /^To: (.*)$/m.exec(text)?.[1] ?? '',
    link: /https?:\/\/\S+/.exec(body)?.[0] ?? '',
    code: /\b(\d{6})\b/.exec(body)?.[1] ?? '',
  };
}

/** All mails in the data folder, the oldest first. */
export async function readMails(dataDir: string): Promise<Mail[]> {
  const folder = join(dataDir, 'mail');
  const files = (await readdir(folder)).sort();
  return Promise.all(
    files.map(async (file) => parseMail(file, await readFile(join(folder, file), 'utf8'))),
  );
}
