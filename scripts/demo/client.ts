/** What the people of the demo do, each with a supabase-js client of their own. */
import { randomBytes } from 'node:crypto';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';

/** Who takes part, and a folder for files. */
export interface Demo {
  readonly user: SupabaseClient;
  /** Anonymous. */
  readonly viewer: SupabaseClient;
  /** With the secret key. */
  readonly backend: SupabaseClient;
  readonly folder: string;
}

export interface Account {
  readonly id: string;
  readonly email: string;
}

export interface NewStream {
  readonly id: string;
  /** Where the encoder pushes to, key included: not to be printed. */
  readonly pushUrl: string;
}

interface Failure {
  readonly message: string;
  readonly hint?: string | null;
}

/** @throws Error with the failure's message and hint, if there is one */
export function check(error: Failure | null): void {
  if (error) throw new Error([error.message, error.hint].filter(Boolean).join(' '));
}

/** A client that keeps its session to itself. */
export function connect(apiUrl: string, publishableKey: string): SupabaseClient {
  return createClient(apiUrl, publishableKey, { auth: { persistSession: false } });
}

/** Signs up a new account and is signed in with it. */
export async function signUp(client: SupabaseClient): Promise<Account> {
  const email = `demo-${randomBytes(4).toString('hex')}@example.com`;
  const { data, error } = await client.auth.signUp({
    email,
    password: randomBytes(12).toString('base64url'),
  });
  check(error);
  if (data.session && data.user) return { id: data.user.id, email };
  throw new Error('Sign-ups wait for an e-mail here: turn enable_confirmations off for the demo.');
}

/** Creates a public stream. */
export async function createStream(client: SupabaseClient): Promise<NewStream> {
  const { data, error } = await client.rpc('create_stream', {
    title: 'Streambed demo',
    visibility: 'public',
  });
  check(error);
  return { id: data.stream.id, pushUrl: `${data.rtmp_url}/${data.stream_key}` };
}

/** Whether a viewer sees the stream live; throws when the viewer does not see it at all. */
export async function isLive(viewer: SupabaseClient, streamId: string): Promise<boolean> {
  const { data, error } = await viewer
    .from('streams')
    .select('is_live')
    .eq('id', streamId)
    .single<{ is_live: boolean }>();
  check(error);
  return data?.is_live ?? false;
}

/** Where a viewer plays the live stream as HTTP-FLV. */
export async function getFlvUrl(viewer: SupabaseClient, streamId: string): Promise<string> {
  const { data, error } = await viewer.rpc('get_playback', { stream_id: streamId });
  check(error);
  return data.flv_url;
}
