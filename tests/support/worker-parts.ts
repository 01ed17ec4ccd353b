/** The worker's relays and ffmpeg put together by a test, without a database. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFfmpeg } from '../../lib/find-ffmpeg.ts';
import { ProcessDriver } from '../../worker/drivers/process.ts';
import { probe } from '../../worker/ffmpeg/probe.ts';
import type { MediaFacts } from '../../worker/ffmpeg/streams.ts';
import { Guard, type Lookup, type Rules } from '../../worker/guard/guard.ts';
import { Refused } from '../../worker/guard/refused.ts';
import { Lease, now } from '../../worker/lease.ts';
import type { PushEnd } from '../../worker/outcome.ts';
import { Push } from '../../worker/push.ts';
import { SourceRelay } from '../../worker/relay/source-relay.ts';
import { parseTarget } from '../../worker/relay/target-address.ts';
import { TargetRelay } from '../../worker/relay/target-relay.ts';
import { Secrets } from '../../worker/secrets.ts';

/** Rules such as the database has. */
export const RULES: Rules = {
  forbidden_networks: [
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
    ...['172.16.0.0/12', '192.168.0.0/16', '224.0.0.0/4', '240.0.0.0/4'],
    ...['::/96', '::ffff:0:0/96', '64:ff9b::/96', '2002::/16', 'fc00::/7', 'fe80::/10', 'ff00::/8'],
  ],
  allowed_source_hosts: [],
  allowed_target_hosts: [],
};

/** Rules that let this machine be read from and pushed to. */
export const LOCAL_RULES: Rules = {
  ...RULES,
  allowed_source_hosts: ['127.0.0.1', 'localhost'],
  allowed_target_hosts: ['127.0.0.1', 'localhost'],
};

export interface PartsOptions {
  readonly sourceUrl: string;
  readonly rtmpUrl: string;
  readonly repeat?: boolean;
  readonly rules?: Rules;
  readonly lookup?: Lookup;
  readonly leaseSeconds?: number;
}

export interface RunningParts {
  readonly media: MediaFacts;
  readonly push: Push;
  readonly lease: Lease;
  readonly ended: Promise<PushEnd>;
}

export class WorkerParts {
  readonly #folder = mkdtempSync(join(tmpdir(), 'streambed-worker-'));
  readonly driver = new ProcessDriver(findFfmpeg(), this.#folder);
  readonly #closers: (() => void)[] = [];

  /** What the worker makes of a source. */
  async probe(sourceUrl: string, rules = LOCAL_RULES, lookup?: Lookup): Promise<MediaFacts> {
    const relay = new SourceRelay({ url: sourceUrl, isOurs: false }, new Guard(rules, lookup));
    try {
      return await this.#probe(relay, await relay.listen(this.driver.place));
    } finally {
      relay.close();
    }
  }

  /** Probes a source and begins to push it. */
  async start(options: PartsOptions): Promise<RunningParts> {
    const { sourceUrl, rtmpUrl, repeat = false, rules = LOCAL_RULES, lookup } = options;
    const guard = new Guard(rules, lookup);
    const source = new SourceRelay({ url: sourceUrl, isOurs: false }, guard);
    const relayUrl = await source.listen(this.driver.place);
    const media = await this.#probe(source, relayUrl);
    const target = parseTarget(rtmpUrl);
    const lease = new Lease(now(), options.leaseSeconds ?? 300);
    const relay = new TargetRelay(target, await guard.target(target.host, target.port), lease);
    const push = new Push({
      ...{ sessionId: 'test', driver: this.driver, relay, sourceUrl: relayUrl, media, repeat },
      secrets: new Secrets(),
      explain: () => null,
      onBegin() {},
    });
    this.#closers.push(() => {
      push.end('lost');
      source.close();
    });
    return { media, push, lease, ended: push.run() };
  }

  /** Ends whatever still runs. */
  close(): void {
    for (const close of this.#closers) close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #probe(relay: SourceRelay, sourceUrl: string): Promise<MediaFacts> {
    return await probe({
      ...{ driver: this.driver, sessionId: 'test', sourceUrl },
      signal: new AbortController().signal,
      explain: () => (relay.failure ? new Refused(relay.failure) : null),
    });
  }
}
