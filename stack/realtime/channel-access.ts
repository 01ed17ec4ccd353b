/** What one channel may do, under its present token. */
import type { Sql } from 'postgres';
import type { AddressShare } from './addresses.ts';
import {
  type Applicant,
  type Extension,
  type Rights,
  readRights,
  writeRights,
} from './authorization.ts';
import { isDatabaseAway } from './database-away.ts';
import { type Claims, Refusal } from './identity.ts';
import type { Services } from './services.ts';

const ALL: Rights = { broadcast: true, presence: true };
const NONE: Rights = { broadcast: false, presence: false };
const AWAY = new Refusal(
  'UnableToConnectToProject',
  'Realtime was unable to connect to the project database',
);
const MAX_TIMER_MS = 2_147_483_647;

/** The refusal of a topic that the client may not read. */
export const mayNotRead = (topic: string) =>
  new Refusal(
    'Unauthorized',
    `You do not have permissions to read from this Channel topic: ${topic}`,
  );

export interface AccessOptions {
  readonly topic: string;
  readonly isPrivate: boolean;
  readonly share: AddressShare;
  readonly headers: Applicant['headers'];
  /** Called once the token has expired. */
  readonly onExpiry: (refusal: Refusal) => void;
}

export class ChannelAccess {
  readonly #services: Services;
  readonly #options: AccessOptions;
  #token = '';
  #claims: Claims = { role: 'anon' };
  #read: Rights = NONE;
  #write: Rights | undefined;
  #expiry: NodeJS.Timeout | undefined;

  constructor(services: Services, options: AccessOptions) {
    this.#services = services;
    this.#options = options;
  }

  get claims(): Claims {
    return this.#claims;
  }

  mayRead(extension: Extension): boolean {
    return this.#read[extension];
  }

  /** Asks the database once a token. */
  async mayWrite(extension: Extension): Promise<boolean> {
    if (!this.#options.isPrivate) return true;
    const applicant = this.#applicant(this.#claims);
    this.#write ??= await this.#ask((sql) => writeRights(sql, applicant));
    return this.#write[extension];
  }

  /**
   * Takes on a token.
   * @throws Refusal when it is not valid, may not read the topic, or may not read what the one before could
   */
  async useToken(token: string): Promise<void> {
    if (token === this.#token) return;
    const claims = await this.#services.identities.claimsOf(token);
    const read = this.#options.isPrivate ? await this.#readRights(claims) : ALL;
    const before = this.#read;
    if ((before.broadcast && !read.broadcast) || (before.presence && !read.presence)) {
      throw new Refusal(
        'Unauthorized',
        `You no longer have permission to read from this Channel topic: ${this.#options.topic}`,
      );
    }
    this.#token = token;
    this.#claims = claims;
    this.#read = read;
    this.#write = undefined;
    this.#awaitExpiry();
  }

  end(): void {
    clearTimeout(this.#expiry);
  }

  #ask<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    return this.#services.ask(this.#options.share, work);
  }

  #applicant(claims: Claims): Applicant {
    const { topic, headers } = this.#options;
    return { topic, claims, headers };
  }

  async #readRights(claims: Claims): Promise<Rights> {
    const { topic } = this.#options;
    const refusal = mayNotRead(topic);
    const applicant = this.#applicant(claims);
    const read = await this.#ask((sql) => readRights(sql, applicant)).catch((error) => {
      this.#services.log(`policies of realtime.messages: ${(error as Error).message}`);
      throw isDatabaseAway(error) ? AWAY : refusal;
    });
    if (!read.broadcast && !read.presence) throw refusal;
    return read;
  }

  #awaitExpiry(): void {
    clearTimeout(this.#expiry);
    const { exp } = this.#claims;
    if (exp === undefined) return;
    const delay = Math.min(MAX_TIMER_MS, Math.max(0, exp * 1_000 - Date.now()));
    const refusal = new Refusal('InvalidJWTToken', 'Token has expired 0 seconds ago');
    this.#expiry = setTimeout(() => this.#options.onExpiry(refusal), delay);
    this.#expiry.unref();
  }
}
