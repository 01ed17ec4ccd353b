/**
 * The hook of every media server: `POST /functions/v1/ingest?secret=…[&server=edge-1]`. Asks the
 * database whether a publisher or a player may go on, and tells it when a publisher has ended.
 * docs/ingest.md shows how each server is pointed here.
 */
import { limitBody } from '../_shared/limit-body.ts';
import { withCaller } from '../_shared/with-caller.ts';
import { answerHook } from './answer-hook.ts';
import { malformedAnswer, methodAnswer } from './answers.ts';
import { checkSecret } from './check-secret.ts';
import { parseHook } from './parse-hook.ts';

const MAX_BODY_BYTES = 16 * 1024;

export default {
  fetch: limitBody(
    MAX_BODY_BYTES,
    withCaller({ auth: 'none', cors: 'disabled' }, async (request, { supabaseAdmin }) => {
      const url = new URL(request.url);
      const refusal = await checkSecret(url.searchParams.get('secret'));
      if (refusal) return refusal;
      if (request.method !== 'POST') return methodAnswer();
      const hook = parseHook(await request.text(), url.searchParams.get('server'));
      if (!hook) return malformedAnswer();
      return await answerHook(hook, supabaseAdmin);
    }),
  ),
};
