import type { LiteContext } from './lite-middleware.ts';
import { requestContext } from './request-context.ts';

type Request = LiteContext['req'];

/** What a request to Auth does that has a limit. */
export type LimitedAct = 'mail' | 'signIn' | 'refresh' | 'verify';

export interface AuthRequest {
  readonly acts: readonly LimitedAct[];
  /** Where it comes from, as the gateway has found out. */
  readonly address: string;
  /** Whose account it is about, where the request says so: an e-mail address or a refresh token. */
  readonly account: string | undefined;
  /** True when an answer without an error proves that the caller owns the account. */
  readonly isProof: boolean;
}

interface Body {
  readonly email?: unknown;
  readonly refresh_token?: unknown;
}

/** Longer than any e-mail address or refresh token. */
const MAX_ACCOUNT_LENGTH = 320;

async function readBody(request: Request): Promise<Body> {
  try {
    return Object(JSON.parse(await request.text()));
  } catch {
    return {}; // lite refuses it in its own words
  }
}

function accountOf({ email, refresh_token: token }: Body): string | undefined {
  const account = typeof email === 'string' ? email.trim().toLowerCase() : token;
  return typeof account === 'string' ? account.slice(0, MAX_ACCOUNT_LENGTH) : undefined;
}

function actsOf(
  endpoint: string,
  request: Request,
  body: Body,
  confirmsSignUps: boolean,
): readonly LimitedAct[] {
  switch (endpoint) {
    case 'POST /token':
      return request.query('grant_type') === 'refresh_token' ? ['refresh'] : ['signIn'];
    case 'POST /signup':
      return confirmsSignUps ? ['signIn', 'mail'] : ['signIn'];
    case 'POST /otp':
    case 'POST /magiclink':
      return ['signIn', 'mail'];
    case 'POST /recover':
    case 'POST /resend':
    case 'GET /reauthenticate':
      return ['mail'];
    case 'PUT /user':
      return body.email ? ['mail'] : [];
    case 'GET /verify':
    case 'POST /verify':
      return ['verify'];
    default:
      return [];
  }
}

/**
 * Tells what a request to `/auth/v1` does that has a limit.
 * @param confirmsSignUps whether signing up writes a mail
 */
export async function readAuthRequest(
  request: Request,
  confirmsSignUps: boolean,
): Promise<AuthRequest> {
  const method = request.method === 'HEAD' ? 'GET' : request.method; // as lite takes it
  const endpoint = `${method} ${request.path.replace('/auth/v1', '')}`;
  const body = method === 'GET' ? {} : await readBody(request);
  return {
    acts: actsOf(endpoint, request, body, confirmsSignUps),
    address: requestContext()?.caller.block ?? '',
    account: accountOf(body),
    isProof: endpoint === 'POST /token' || endpoint === 'POST /verify',
  };
}
