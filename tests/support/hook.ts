/** Posting to the ingest function, as a media server does. */
import type { TestStack } from './stack.ts';

export interface HookAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface HookOptions {
  readonly contentType?: string;
  /** The URL's parameters; the right secret unless said otherwise. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly method?: string;
}

/** Calls the hook of a stack through its gateway. */
export async function callHook(
  stack: TestStack,
  body: string,
  { contentType = 'application/json', parameters, method = 'POST' }: HookOptions = {},
): Promise<HookAnswer> {
  const query = new URLSearchParams(parameters ?? { secret: stack.keys.ingestSecret });
  const response = await fetch(`${stack.config.apiUrl}/functions/v1/ingest?${query}`, {
    method,
    headers: { 'content-type': contentType },
    body: method === 'POST' ? body : null,
  });
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    body: (await response.json()) as Record<string, unknown>,
  };
}
