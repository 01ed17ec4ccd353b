/** What a viewer may do: join, beat, leave. */
import { createSupabaseContext } from '@supabase/server';
import { callerErrorAnswer, databaseErrorAnswer } from '../_shared/error-answer.ts';
import { limitAnswer, tokenAnswer } from './answers.ts';
import { clientBlock } from './client-block.ts';
import { beat, type Count, join, leave } from './count.ts';
import { storedCount } from './stored-count.ts';
import { readViewing, signViewing } from './token.ts';
import { termsOf, type ViewerSettings, type Viewing } from './viewing.ts';

/** Answers the count with what else there is to say; without Redis, the last stored one. */
async function answerCount(
  counting: Promise<Count>,
  stored: () => number | Promise<number>,
  more: Record<string, unknown> = {},
): Promise<Response> {
  const count = await counting.catch(() => null);
  if (!count) return Response.json({ ...more, viewers: await stored(), degraded: true });
  return 'waitMs' in count
    ? limitAnswer(count.waitMs)
    : Response.json({ ...more, viewers: count.viewers });
}

interface BegunViewing {
  readonly session_id: string;
  readonly started_at: string;
  readonly viewer_count: number;
  readonly settings: ViewerSettings;
}

function newViewing(streamId: string, userId: string | undefined, begun: BegunViewing): Viewing {
  return {
    streamId,
    sessionId: begun.session_id,
    startedAt: Date.parse(begun.started_at),
    viewerId: userId ?? crypto.randomUUID(),
    tabId: userId ? crypto.randomUUID() : '',
    ...termsOf(begun.settings),
  };
}

/** Whoever may see the live stream becomes a viewer of it. */
export async function joinStream(request: Request, streamId: string): Promise<Response> {
  const { data: caller, error: stranger } = await createSupabaseContext(request, {
    auth: ['user', 'publishable'],
  });
  if (stranger) return callerErrorAnswer(stranger);
  const begin = await caller.supabase.rpc('begin_viewing', { stream_id: streamId });
  if (begin.error) return databaseErrorAnswer(begin);
  const begun: BegunViewing = begin.data;
  const viewing = newViewing(streamId, caller.userClaims?.id, begun);
  return await answerCount(join(viewing, clientBlock(request)), () => begun.viewer_count, {
    viewer_token: await signViewing(viewing),
    heartbeat_seconds: begun.settings.viewer_heartbeat_seconds,
  });
}

/** Somebody still watches, or does no more. */
export async function goOn(
  request: Request,
  action: 'beat' | 'leave',
  token: string,
): Promise<Response> {
  const viewing = await readViewing(token);
  if (!viewing) return tokenAnswer();
  const count = action === 'beat' ? beat : leave;
  return await answerCount(count(viewing, clientBlock(request)), () =>
    storedCount(viewing.streamId),
  );
}
