/** How often an address, and an account from all addresses, may ask Auth. */
import type { AuthConfig } from '../supabase-config.ts';
import { type AuthRequest, type LimitedAct, readAuthRequest } from './auth-requests.ts';
import type { LiteMiddleware } from './lite-middleware.ts';
import { RecentMap } from './recent-map.ts';
import { TokenBuckets } from './token-buckets.ts';

const FIVE_MINUTES_MS = 300_000;
const HOUR_MS = 3_600_000;
const MAX_KNOWN = 50_000;

/** An account has as many times what an address has, so that one address alone never uses it up. */
const ACCOUNT_SHARE = 3;

interface Limit {
  readonly address: TokenBuckets;
  readonly account: TokenBuckets;
}

interface Refused {
  readonly act: LimitedAct;
  readonly waitMs: number;
}

const MAIL_REFUSAL = ['over_email_send_rate_limit', 'email rate limit exceeded'] as const;
const REFUSAL = ['over_request_rate_limit', 'Request rate limit reached'] as const;

function limit(figure: number, windowMs: number): Limit {
  return {
    address: new TokenBuckets(figure, windowMs),
    account: new TokenBuckets(figure * ACCOUNT_SHARE, windowMs),
  };
}

/** Counts in memory: a restart forgets what was counted. */
class AuthLimits {
  readonly #limits: Readonly<Record<LimitedAct, Limit>>;
  /** Accounts with the addresses that they signed in from: strangers' guesses never shut these out. */
  readonly #known = new RecentMap<true>(MAX_KNOWN);

  constructor({ rate_limit: figures }: AuthConfig) {
    this.#limits = {
      mail: limit(figures.email_sent, HOUR_MS),
      signIn: limit(figures.sign_in_sign_ups, FIVE_MINUTES_MS),
      refresh: limit(figures.token_refresh, FIVE_MINUTES_MS),
      verify: limit(figures.token_verifications, FIVE_MINUTES_MS),
    };
  }

  /** Counts a request; returns what it is refused for, or undefined. */
  take({ acts, address, account }: AuthRequest): Refused | undefined {
    for (const act of acts) {
      const { address: addresses, account: accounts } = this.#limits[act];
      const isKnown = act !== 'mail' && this.#known.get(`${account} ${address}`);
      const waitMs = addresses.take(address) || (account && !isKnown ? accounts.take(account) : 0);
      if (waitMs > 0) return { act, waitMs };
    }
    return undefined;
  }

  /** Takes note of an answer without an error: an account counts its failures and its mails. */
  succeed({ acts, address, account, isProof }: AuthRequest): void {
    if (!account) return;
    for (const act of acts) {
      if (act !== 'mail') this.#limits[act].account.giveBack(account);
    }
    if (isProof) this.#known.set(`${account} ${address}`, true);
  }
}

/** A refusal in the form of hosted Auth, which supabase-js reads. */
function refusal({ act, waitMs }: Refused): Response {
  const [code, msg] = act === 'mail' ? MAIL_REFUSAL : REFUSAL;
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'retry-after': String(Math.ceil(waitMs / 1000)),
    'x-sb-error-code': code,
  };
  const body = JSON.stringify({ code: 429, error_code: code, msg });
  return new Response(body, { status: 429, headers });
}

/** Refuses with 429 who asks Auth more often than `config.toml` lets an address or an account. */
export function limitAuth(auth: AuthConfig): LiteMiddleware {
  const limits = new AuthLimits(auth);
  return async (context, next) => {
    const request = await readAuthRequest(context.req, auth.email.enable_confirmations);
    const refused = limits.take(request);
    if (refused) return refusal(refused);
    await next();
    if (context.res.status < 400) limits.succeed(request);
    return undefined;
  };
}
