import type { Refusal } from './answer.ts';
import { checkAuthInput } from './auth-input.ts';
import { MALFORMED_FORM } from './body-refusals.ts';
import { RequestRefused } from './request-refused.ts';
import { checkStorageInput } from './storage-input.ts';

const MALFORMED_JSON: Refusal = {
  code: 'malformed_json',
  message: 'The body is not the JSON that its content type says.',
  hint: 'Send JSON, as JSON.stringify makes it.',
};

async function checkForm(contentType: string, body: Buffer<ArrayBuffer>): Promise<void> {
  const headers = { 'content-type': contentType };
  const form = new Request('http://form', { method: 'POST', headers, body });
  await form.formData().catch(() => {
    throw new RequestRefused(400, MALFORMED_FORM);
  });
}

function parse(body: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(body.toString('utf8')) };
  } catch {
    return undefined;
  }
}

/**
 * Looks at what a request to Auth or Storage says before lite does, which answers 500 to a form that
 * is none, to a wrong type and to some malformed JSON.
 *
 * @param body all of it; its depth has been looked at
 * @throws RequestRefused that says what is wrong
 */
export async function checkInput(request: Request, body: Buffer<ArrayBuffer>): Promise<void> {
  const { pathname } = new URL(request.url);
  const type = request.headers.get('content-type') ?? '';
  if (pathname.startsWith('/rest/') || body.length === 0) return;
  const json = parse(body);
  if (pathname.startsWith('/auth/')) {
    if (/^multipart\//i.test(type)) await checkForm(type, body);
    else if (json) checkAuthInput(json.value); // in lite's words when it is none
    return;
  }
  if (!/\bjson\b/i.test(type)) return;
  if (!json) throw new RequestRefused(400, MALFORMED_JSON);
  checkStorageInput(json.value);
}
