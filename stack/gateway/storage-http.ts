import type { TokenVerifier } from './access-token.ts';
import { type Refusal, refusalResponse } from './answer.ts';
import { requestContext } from './request-context.ts';

const OBJECT_PATH = '/storage/v1/object/';

const SIGNED_PATH = /^\/storage\/v1\/object\/(upload\/)?sign\//;

const INVALID_TOKEN: Refusal = {
  code: 'InvalidJWT',
  message: 'The token of the signed address is not valid, or has ended.',
  details: 'InvalidJWT',
  hint: 'Ask for a new signed address.',
};

/** The refusal of a signed address whose token is none; else undefined. */
export async function refuseWrongSignature(
  request: Request,
  tokens: TokenVerifier,
): Promise<Response | undefined> {
  const { pathname, searchParams } = new URL(request.url);
  const token = searchParams.get('token');
  if (request.method === 'POST' || !token || !SIGNED_PATH.test(pathname)) return undefined;
  return (await tokens.verify(token)) ? undefined : refusalResponse(400, INVALID_TOKEN);
}

interface SignedUrl {
  readonly signedUrl?: string;
}

/** storage-js reads `signedURL` and `url`, relative to the service; lite answers `signedUrl`. */
function renameSignedUrl(answer: SignedUrl) {
  const url = answer.signedUrl?.replace(/^\/storage\/v1/, '');
  return { ...answer, signedURL: url, url };
}

async function fixSignedUrls(response: Response): Promise<Response> {
  const answer = (await response.json()) as SignedUrl | SignedUrl[];
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  const fixed = Array.isArray(answer) ? answer.map(renameSignedUrl) : renameSignedUrl(answer);
  return new Response(JSON.stringify(fixed), { status: response.status, headers });
}

function asPartialContent(response: Response, contentRange: string): Response {
  const headers = new Headers(response.headers);
  headers.set('content-range', contentRange);
  return new Response(response.body, { status: 206, headers });
}

/** Gives lite's answers of the storage service the form that storage-js and players expect. */
export async function fixStorageAnswer(request: Request, response: Response): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (!response.ok || !pathname.startsWith(OBJECT_PATH)) return response;
  if (request.method === 'POST' && /\/object\/(upload\/)?sign\//.test(pathname)) {
    return fixSignedUrls(response);
  }
  const contentRange = requestContext()?.contentRange;
  return contentRange ? asPartialContent(response, contentRange) : response;
}
