import type { SupabaseContext } from '@supabase/server';
import { databaseErrorAnswer, type Failure, unreachableAnswer } from '../_shared/error-answer.ts';
import { ERRORS } from '../_shared/errors.ts';
import { announceInBackground } from '../_shared/viewers/announce.ts';
import { allowAnswer, type Refusal, refuseAnswer } from './answers.ts';
import type { Hook, KeepHook, PlayHook, PublishHook, RenewHook, UnpublishHook } from './hook.ts';

type Admin = SupabaseContext['supabaseAdmin'];

/** The database's own refusals keep their status; all else means that it did not answer. */
function failureAnswer({ status, error }: Failure): Response {
  const isRefusal = status >= 400 && status < 500;
  return isRefusal ? databaseErrorAnswer({ status, error }) : unreachableAnswer();
}

async function beginIngest(admin: Admin, hook: PublishHook): Promise<Response> {
  const { data, error, status } = await admin.rpc('begin_ingest', {
    stream_id: hook.streamId,
    key: hook.key,
    media_server: hook.mediaServer,
    publisher_id: hook.publisherId,
    client_ip: hook.clientIp,
  });
  if (error) return failureAnswer({ status, error });
  if (!data.admitted) return refuseAnswer(data as Refusal);
  announceInBackground(admin);
  return allowAnswer();
}

async function endIngest(admin: Admin, hook: UnpublishHook): Promise<Response> {
  const { error, status } = await admin.rpc('end_ingest', {
    media_server: hook.mediaServer,
    publisher_id: hook.publisherId,
    bytes_in: hook.bytesIn,
  });
  return error ? failureAnswer({ status, error }) : allowAnswer();
}

async function renewIngest(admin: Admin, hook: RenewHook): Promise<Response> {
  const { data, error, status } = await admin.rpc('renew_ingest', {
    media_server: hook.mediaServer,
    publisher_ids: hook.publisherIds,
    is_complete: hook.isComplete,
  });
  return error ? failureAnswer({ status, error }) : allowAnswer(data);
}

/** Not renewing costs nothing until the lease ends, so a database that is away cuts nobody off. */
async function keepIngest(admin: Admin, hook: KeepHook): Promise<Response> {
  const { data, error, status } = await admin.rpc('renew_ingest', {
    media_server: hook.mediaServer,
    publisher_ids: [hook.publisherId],
  });
  if (error)
    return status >= 400 && status < 500 ? failureAnswer({ status, error }) : allowAnswer();
  if (data.renewed.includes(hook.publisherId)) return allowAnswer();
  return refuseAnswer({
    ...ERRORS.session_not_found,
    code: 'session_not_found',
    message: 'This publisher has no running session.',
  });
}

async function authorizePlay(admin: Admin, hook: PlayHook): Promise<Response> {
  const { data, error, status } = await admin.rpc('authorize_play', {
    stream_id: hook.streamId,
    token: hook.token,
  });
  if (error) return failureAnswer({ status, error });
  return data.allowed ? allowAnswer() : refuseAnswer(data as Refusal);
}

/** Answers one hook with one call of the database; every decision is the database's. */
export async function answerHook(hook: Hook, admin: Admin): Promise<Response> {
  switch (hook.kind) {
    case 'publish':
      return await beginIngest(admin, hook);
    case 'unpublish':
      return await endIngest(admin, hook);
    case 'renew':
      return await renewIngest(admin, hook);
    case 'keep':
      return await keepIngest(admin, hook);
    case 'play':
      return await authorizePlay(admin, hook);
    case 'ignored':
      return allowAnswer();
  }
}
