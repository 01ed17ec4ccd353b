/**
 * Starts a restream request: `{"request_id": "<uuid>"}` from its owner, an admin, or with the secret
 * key. Answers its session; the active one where it is streaming already.
 */
import * as v from 'valibot';
import { command, Uuid } from '../_shared/command.ts';
import { databaseErrorAnswer } from '../_shared/error-answer.ts';
import { signSource } from './source.ts';

const Start = v.object({ request_id: Uuid });

export default {
  fetch: command(Start, '{"request_id": "<uuid>"}', async (given, clients) => {
    const source = await signSource(clients, given.request_id);
    if ('refusal' in source) return source.refusal;
    const start = await clients.caller.rpc('start_stream_request', given);
    if (start.error) return databaseErrorAnswer(start);
    if (source.signedUrl) {
      const provided = await clients.admin.rpc('provide_session_source', {
        session_id: start.data.id,
        source_url: source.signedUrl,
      });
      if (provided.error) return databaseErrorAnswer(provided);
    }
    return Response.json(start.data);
  }),
};
