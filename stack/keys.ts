/** The local stack's own secrets: made at the first start, kept in the data folder, mode 0600. */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StackKeys {
  /** Identifies an application to the API; safe in a browser. */
  readonly publishable: string;
  /** Acts as `service_role`; never leaves a server. */
  readonly secret: string;
  /** HS256 secret that signs access tokens. */
  readonly jwtSecret: string;
  /** `?secret=` of the media servers' hooks. */
  readonly ingestSecret: string;
}

function createKeys(): StackKeys {
  const random = (bytes: number) => randomBytes(bytes).toString('base64url');
  return {
    publishable: `sb_publishable_${random(24)}`,
    secret: `sb_secret_${random(24)}`,
    jwtSecret: random(48),
    ingestSecret: random(24),
  };
}

/** Reads `<dataDir>/keys.json`, or creates it; of two creators at once one wins and both read it. */
export function loadKeys(dataDir: string): StackKeys {
  const file = join(dataDir, 'keys.json');
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(createKeys(), null, 2)}\n`, { mode: 0o600 });
    try {
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      unlinkSync(draft);
    }
  }
  return JSON.parse(readFileSync(file, 'utf8')) as StackKeys;
}

/** The password of the stack's own Redis: derived, so that keys made before it had one still serve. */
export function redisPassword(dataDir: string): string {
  const { jwtSecret } = loadKeys(dataDir);
  return createHmac('sha256', jwtSecret).update('redis').digest('base64url');
}
