/** Where a worker reads a request's video from, if that is a file in storage. */
import type { Clients } from '../_shared/command.ts';
import { databaseErrorAnswer, errorAnswer } from '../_shared/error-answer.ts';

/** A worker reads the file anew at each repetition, for as long as this. */
const SIGNED_FOR_SECONDS = 7 * 24 * 60 * 60;

/** A signed URL, null where the source is an address or the request unknown, or why there is none. */
export type Source = { readonly signedUrl: string | null } | { readonly refusal: Response };

/** The URL as workers reach it; inside `supabase start` the functions' own address is another one. */
function asWorkersReachIt(signedUrl: string): string {
  const { pathname, search } = new URL(signedUrl);
  const base = Deno.env.get('PUBLIC_API_URL') ?? Deno.env.get('SUPABASE_URL');
  return new URL(pathname + search, base).href;
}

/**
 * Signs a URL of the request's file, with the right to any: that its path is in the owner's folder
 * was checked when it was requested. A request that the caller may not see is left to the database to refuse.
 */
export async function signSource({ caller, admin }: Clients, requestId: string): Promise<Source> {
  const request = await caller
    .from('stream_requests')
    .select('video_source, video_url')
    .eq('id', requestId)
    .maybeSingle();
  if (request.error) return { refusal: databaseErrorAnswer(request) };
  if (!request.data || request.data.video_url) return { signedUrl: null };
  const [bucket = '', ...path] = request.data.video_source.split('/');
  const signed = await admin.storage
    .from(bucket)
    .createSignedUrl(path.join('/'), SIGNED_FOR_SECONDS);
  if (signed.data) return { signedUrl: asWorkersReachIt(signed.data.signedUrl) };
  return {
    refusal: errorAnswer('video_not_found', `There is no file ${request.data.video_source}.`),
  };
}
