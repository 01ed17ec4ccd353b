/**
 * Serves every edge function below `/functions/v1/<name>` from one process, as hosted Supabase does
 * from many. Started by the supervisor with a `HostPlan`; ends when its stdin closes.
 */
import { unknownFunction } from './answers.ts';
import { callFunction, loadFunction } from './call-function.ts';
import { containFailures, logError } from './containment.ts';
import type { HostPlan } from './plan.ts';

const exit = containFailures();
const plan: HostPlan = JSON.parse(Deno.args[0] ?? '{}');
const functions = new Map(plan.functions.map((one) => [one.name, one]));

function withRequestId(response: Response, requestId: string): Response {
  try {
    response.headers.set('x-request-id', requestId);
    return response;
  } catch {
    return copyWithRequestId(response, requestId); // one that was fetched, whose headers are fixed
  }
}

function copyWithRequestId(response: Response, requestId: string): Response {
  const headers = new Headers(response.headers);
  headers.set('x-request-id', requestId);
  const { body, status, statusText } = response;
  return new Response(body, { status, statusText, headers });
}

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === '/health') return Response.json({ functions: [...functions.keys()] });
  const requestId = crypto.randomUUID();
  const [, path = '', name = ''] = /^\/functions\/v1(\/([^/]*).*)$/.exec(pathname) ?? [];
  const wanted = functions.get(name);
  const response = wanted
    ? await callFunction(wanted, request, path, requestId)
    : unknownFunction(name, requestId);
  return withRequestId(response, requestId);
}

/** Loads what would otherwise make the first callers wait, and tells at once what does not load. */
async function warmUp(): Promise<void> {
  for (const one of functions.values()) {
    await loadFunction(one).catch((error) => logError(`${one.name} does not load`, error));
  }
}

async function exitWithSupervisor(): Promise<void> {
  for await (const _ of Deno.stdin.readable);
  exit(0);
}

const { hostname, port } = plan;
const server = Deno.serve({ hostname, port, onListen: () => {} }, answer);
Deno.addSignalListener('SIGTERM', async () => {
  await Promise.race([server.shutdown(), new Promise((done) => setTimeout(done, 3_000))]);
  exit(0);
});
exitWithSupervisor();
await warmUp();
