/**
 * Stops a restream session: `{"session_id": "<uuid>"}` from its owner, an admin, or with the secret
 * key. Answers the session: `stopping` while its worker ends it; one that ended stays as it is.
 */
import * as v from 'valibot';
import { command, Uuid } from '../_shared/command.ts';
import { databaseErrorAnswer } from '../_shared/error-answer.ts';

const Stop = v.object({ session_id: Uuid });

export default {
  fetch: command(Stop, '{"session_id": "<uuid>"}', async (given, { caller }) => {
    const stop = await caller.rpc('stop_restream', given);
    return stop.error ? databaseErrorAnswer(stop) : Response.json(stop.data);
  }),
};
