/** Calls one function for one request, whatever the function does. */
import { bodyTooLarge, functionFailed, functionTimedOut, unauthorized } from './answers.ts';
import { logError } from './containment.ts';
import {
  declaresAll,
  declaresTooMuch,
  discard,
  limitBody,
  MAX_BODY_BYTES,
} from './limited-body.ts';
import type { FunctionPlan } from './plan.ts';
import { findJwtProblem } from './verify-jwt.ts';

type Handler = (request: Request) => Response | Promise<Response>;

interface FunctionModule {
  readonly default?: { fetch?: Handler };
}

const loaded = new Map<string, Handler>();

/** The function's handler; a module is loaded once, at the first call or the host's warm-up. */
export async function loadFunction({ entrypoint, name }: FunctionPlan): Promise<Handler> {
  const known = loaded.get(entrypoint);
  if (known) return known;
  const module: FunctionModule = await import(entrypoint);
  const handler = module.default?.fetch;
  if (typeof handler !== 'function')
    throw new TypeError(`functions/${name}/index.ts must "export default { fetch }"`);
  loaded.set(entrypoint, handler);
  return handler;
}

async function answer(plan: FunctionPlan, request: Request): Promise<Response> {
  const handler = await loadFunction(plan);
  const response = await handler(request);
  if (response instanceof Response) return response;
  throw new TypeError(`the function "${plan.name}" returned no Response`);
}

function after(seconds: number): { elapsed: Promise<'elapsed'>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<'elapsed'>();
  const timer = setTimeout(() => resolve('elapsed'), seconds * 1000);
  return { elapsed: promise, cancel: () => clearTimeout(timer) };
}

/** The request as hosted Supabase passes it on: the path begins with the function's name. */
function forFunction(request: Request, path: string, onTooLarge: () => void): Request {
  const url = new URL(request.url);
  url.pathname = path;
  const { method, headers, signal } = request;
  const body = declaresAll(request)
    ? request.body
    : request.body && limitBody(request.body, onTooLarge);
  return new Request(url, { method, headers, signal, body });
}

async function callInTime(plan: FunctionPlan, request: Request, requestId: string) {
  const timeout = after(plan.answerWithinSeconds);
  const answered = answer(plan, request);
  answered.catch(() => {}); // after a time-out nobody waits for it any more
  try {
    const first = await Promise.race([answered, timeout.elapsed]);
    if (first !== 'elapsed') return first;
    return functionTimedOut(plan, requestId);
  } finally {
    timeout.cancel();
  }
}

/**
 * Answers a request with the function, or in its place: 401 without the token that it demands, 413
 * for too much body, 500 when it throws, 504 when it does not answer.
 *
 * @param path the path that the function sees, `/<name>/…`
 */
export async function callFunction(
  plan: FunctionPlan,
  request: Request,
  path: string,
  requestId: string,
): Promise<Response> {
  let isTooLarge = declaresTooMuch(request);
  const onTooLarge = () => {
    isTooLarge = true;
  };
  try {
    if (isTooLarge) {
      await discard(request.body);
      return bodyTooLarge(MAX_BODY_BYTES, requestId);
    }
    const problem =
      plan.verifyJwt && request.method !== 'OPTIONS' ? await findJwtProblem(request) : null;
    if (problem) return unauthorized(problem, requestId);
    const response = await callInTime(plan, forFunction(request, path, onTooLarge), requestId);
    return isTooLarge ? bodyTooLarge(MAX_BODY_BYTES, requestId) : response;
  } catch (error) {
    if (isTooLarge) return bodyTooLarge(MAX_BODY_BYTES, requestId);
    logError(`${requestId} ${plan.name}`, error);
    return functionFailed(plan.name, requestId);
  }
}
