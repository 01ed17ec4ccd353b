/** What a viewer may do: join, beat, leave. */
import { createSupabaseContext } from '@supabase/server';
import { databaseErrorAnswer } from '../_shared/error-answer.ts';
import type { Admin } from '../_shared/job.ts';
import { limitAnswer, tokenAnswer } from './answers.ts';
import { clientAddress } from './client-address.ts';
import { type Count, leave, touch } from './count.ts';
import { knownSettings } from './settings.ts';
import { storedCount } from './stored-count.ts';
import { readViewing, signViewing, type Viewing } from './token.ts';

/** Answers the count with what else there is to say; without Redis, the last stored one. */
async function answerCount(
  counting: Promise<Count>,
  stored: () => Promise<number>,
  more: Record<string, unknown> = {},
): Promise<Response> {
  const count = await counting.catch(() => null);
  if (!count) return Response.json({ ...more, viewers: await stored(), degraded: true });
  return 'waitMs' in count
    ? limitAnswer(count.waitMs)
    : Response.json({ ...more, viewers: count.viewers });
}

async function newViewing(streamId: string, userId: string | undefined, begun: BegunViewing) {
  const viewing: Viewing = {
    streamId,
    sessionId: begun.session_id,
    startedAt: Date.parse(begun.started_at),
    viewerId: userId ?? crypto.randomUUID(),
    tabId: userId ? crypto.randomUUID() : '',
  };
  return { viewing, token: await signViewing(viewing) };
}

interface BegunViewing {
  readonly session_id: string;
  readonly started_at: string;
  readonly viewer_count: number;
}

/** Whoever may see the live stream becomes a viewer of it. */
export async function joinStream(request: Request, streamId: string): Promise<Response> {
  const { data: caller, error: stranger } = await createSupabaseContext(request, {
    auth: ['user', 'publishable'],
  });
  if (stranger) {
    const { message, code, status } = stranger;
    const hint = 'Send the publishable key as apikey, or the access token of a signed-in user.';
    return Response.json({ code, message, details: 'unauthorized', hint }, { status });
  }
  const begin = await caller.supabase.rpc('begin_viewing', { stream_id: streamId });
  if (begin.error) return databaseErrorAnswer(begin);
  const settings = await knownSettings(caller.supabaseAdmin);
  const { viewing, token } = await newViewing(streamId, caller.userClaims?.id, begin.data);
  return await answerCount(
    touch(viewing, clientAddress(request), caller.supabaseAdmin),
    () => Promise.resolve(begin.data.viewer_count),
    { viewer_token: token, heartbeat_seconds: settings.viewer_heartbeat_seconds },
  );
}

/** Somebody still watches, or does no more. */
export async function goOn(
  request: Request,
  action: 'beat' | 'leave',
  token: string,
  admin: Admin,
): Promise<Response> {
  const viewing = await readViewing(token);
  if (!viewing) return tokenAnswer();
  const count = action === 'beat' ? touch : leave;
  return await answerCount(count(viewing, clientAddress(request), admin), () =>
    storedCount(admin, viewing.streamId),
  );
}
