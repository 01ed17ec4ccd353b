/** Committed changes of a publication, from a replication slot that keeps the place. */

import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { type Change, Decoder } from './pgoutput.ts';

export interface Transaction {
  readonly committedAt: Date;
  readonly changes: readonly Change[];
}

export interface StreamOptions {
  readonly url: string;
  readonly slot: string;
  readonly publication: string;
  /** Receives transactions in the order of their commits, each after the one before is done with. */
  readonly onTransaction: (transaction: Transaction) => void | Promise<void>;
  readonly log: (line: string) => void;
}

const STATUS_EVERY_MS = 5_000;
const RETRY_AFTER_MS = 250;
/** Chunks that may wait for `onTransaction` before the server is not read from any more. */
const MAX_WAITING = 1_000;
const UNDEFINED_OBJECT = '42704';
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);

const asLsn = (position: bigint) =>
  `${(position >> 32n).toString(16)}/${(position & 0xffffffffn).toString(16)}`.toUpperCase();

function fromLsn(text: string): bigint {
  const [high, low] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

/** Tells the server up to where everything is done with, so that it need not keep it. */
function statusMessage(position: bigint): Buffer {
  const message = Buffer.alloc(34);
  message.write('r');
  for (const offset of [1, 9, 17]) message.writeBigUInt64BE(position, offset);
  message.writeBigInt64BE(BigInt(Date.now() - POSTGRES_EPOCH_MS) * 1_000n, 25);
  return message;
}

export class LogicalStream {
  readonly #options: StreamOptions;
  #position = 0n;
  #isEnding = false;
  /** Then the log holds a time without the publication, which no session gets past. */
  #publicationWasAway = false;
  /** The end of the log when the session began: what is before it happened earlier. */
  #target: bigint | undefined;
  #tellCaughtUp: () => void = () => {};
  #session: Sql | undefined;
  #running: Promise<void> | undefined;

  /** Resolves once what had been committed before the start has been handled. */
  readonly caughtUp: Promise<void>;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.caughtUp = new Promise((resolve) => {
      this.#tellCaughtUp = resolve;
    });
  }

  /** Whether changes arrive as they are committed. */
  get isReady(): boolean {
    return this.#target !== undefined && this.#position >= this.#target;
  }

  /** Follows the slot until `stop`, across every loss of the database. */
  start(): void {
    this.#running = this.#run();
  }

  /** Ends after the transaction at hand; the slot stays, and with it the place. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    await this.#session?.end({ timeout: 0 });
    await this.#running;
  }

  async #run(): Promise<void> {
    let complaint = '';
    while (!this.#isEnding) {
      try {
        await this.#follow();
        complaint = '';
      } catch (error) {
        const { message, code } = error as Error & { code?: string };
        this.#publicationWasAway = code === UNDEFINED_OBJECT;
        if (message !== complaint && !this.#isEnding) this.#options.log(message);
        complaint = message;
      }
      this.#target = undefined;
      await this.#session?.end({ timeout: 0 });
      if (!this.#isEnding) await sleep(RETRY_AFTER_MS);
    }
  }

  #open(): Sql {
    return postgres(this.#options.url, {
      max: 1,
      fetch_types: false,
      idle_timeout: 0,
      max_lifetime: null,
      connect_timeout: 5,
      onnotice() {},
      connection: { application_name: 'streambed-realtime', replication: 'database' } as never,
    });
  }

  async #follow(): Promise<void> {
    const { slot, publication } = this.#options;
    this.#session = this.#open();
    const target = await this.#ensureSlot(this.#session);
    const stream = (await this.#session
      .unsafe(
        `START_REPLICATION SLOT ${slot} LOGICAL ${asLsn(this.#position)} (proto_version '1', publication_names '${publication}')`,
      )
      .writable()) as unknown as Duplex;
    this.#target = target;
    this.#advance(this.#position);
    await this.#read(stream);
  }

  /** @returns the end of the server's log */
  async #ensureSlot(session: Sql): Promise<bigint> {
    const { slot } = this.#options;
    const isLost = `select wal_status = 'lost' as lost from pg_replication_slots where slot_name = '${slot}'`;
    const [found] = await session.unsafe(isLost);
    const isUseless = found && (found.lost || this.#publicationWasAway);
    if (isUseless) {
      await session.unsafe(`DROP_REPLICATION_SLOT ${slot}`);
      const reason = found.lost ? 'it had fallen too far behind' : 'its publication was dropped';
      this.#options.log(`the slot ${slot} is made anew, because ${reason}`);
    }
    if (!found || isUseless) {
      this.#position = 0n;
      await session.unsafe(`CREATE_REPLICATION_SLOT ${slot} LOGICAL pgoutput NOEXPORT_SNAPSHOT`);
    }
    const [places] = await session.unsafe(
      `select confirmed_flush_lsn::text as confirmed, pg_current_wal_flush_lsn()::text as target
       from pg_replication_slots where slot_name = '${slot}'`,
    );
    this.#advance(fromLsn(places?.confirmed));
    return fromLsn(places?.target);
  }

  /** Resolves when the stream ends; one chunk is one message of the protocol. */
  #read(stream: Duplex): Promise<void> {
    const decoder = new Decoder();
    let changes: Change[] = [];
    let committedAt = new Date(0);
    let waiting = 0;
    let work = Promise.resolve();
    const confirm = () => {
      if (stream.writable) stream.write(statusMessage(this.#position));
    };
    const handle = async (chunk: Buffer) => {
      if (chunk[0] === 0x6b) {
        if (changes.length === 0) this.#advance(chunk.readBigUInt64BE(1));
        if (chunk[17]) confirm();
        return;
      }
      if (chunk[0] !== 0x77) return;
      const message = decoder.decode(chunk.subarray(25));
      if (message?.kind === 'begin') committedAt = message.committedAt;
      if (message?.kind === 'change') changes.push(message.change);
      if (message?.kind !== 'commit') return;
      if (changes.length > 0) await this.#options.onTransaction({ committedAt, changes });
      changes = [];
      this.#advance(message.end);
      confirm();
    };
    return new Promise((resolve, reject) => {
      const timer = setInterval(confirm, STATUS_EVERY_MS);
      const finish = (error?: Error) => {
        clearInterval(timer);
        if (error) reject(error);
        else work.then(resolve, reject);
      };
      stream.on('data', (chunk: Buffer) => {
        if (++waiting > MAX_WAITING) stream.pause();
        work = work
          .then(() => handle(chunk))
          .finally(() => {
            if (--waiting === 0) stream.resume();
          });
        work.catch(finish);
      });
      stream.on('error', finish);
      stream.on('close', () => finish());
    });
  }

  #advance(position: bigint): void {
    if (position > this.#position) this.#position = position;
    if (this.isReady) this.#tellCaughtUp();
  }
}
