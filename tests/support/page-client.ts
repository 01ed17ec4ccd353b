/** What a page does with supabase-js for a test. Runs in the browser, where it is `client`. */
import type { RealtimeChannel, SupabaseClient } from '@supabase/supabase-js';

interface Joined {
  readonly channel: RealtimeChannel;
  readonly states: string[];
  readonly heard: { readonly event: string; readonly payload: Record<string, unknown> }[];
  readonly rows: { readonly type: string; readonly row: Record<string, unknown> }[];
}

export interface JoinOptions {
  readonly isPrivate?: boolean;
  /** Under which key it is present. */
  readonly key?: string;
  /** A table whose rows are watched. */
  readonly table?: string;
}

export class PageClient {
  readonly #supabase: SupabaseClient;
  readonly #joined = new Map<string, Joined>();

  constructor(supabase: SupabaseClient) {
    this.#supabase = supabase;
  }

  async signIn(email: string, password: string): Promise<string> {
    const { data, error } = await this.#supabase.auth.signInWithPassword({ email, password });
    if (error) throw error;
    return data.user.id;
  }

  /** Calls a function of the database. */
  async rpc(name: string, parameters: Record<string, unknown>) {
    const { data, error } = await this.#supabase.rpc(name, parameters);
    if (error) throw new Error(`${error.code}: ${error.message}`);
    return data;
  }

  /** Joins a topic. Returns the first answer: the state, with the error's text. */
  join(
    topic: string,
    { isPrivate = false, key = '', table = '' }: JoinOptions = {},
  ): Promise<string> {
    const presence = { key, enabled: key !== '' };
    const channel = this.#supabase.channel(topic, { config: { private: isPrivate, presence } });
    const joined: Joined = { channel, states: [], heard: [], rows: [] };
    this.#joined.set(topic, joined);
    channel.on('broadcast', { event: '*' }, ({ event, payload }) => {
      joined.heard.push({ event, payload });
    });
    if (table) {
      channel.on('postgres_changes', { event: '*', schema: 'public', table }, (change) => {
        joined.rows.push({ type: change.eventType, row: change.new });
      });
    }
    return new Promise((resolve) => {
      channel.subscribe((state, error) => {
        joined.states.push(error ? `${state} ${error.message}` : state);
        resolve(joined.states[0] as string);
      });
    });
  }

  async leave(topic: string): Promise<void> {
    await this.#supabase.removeChannel(this.#on(topic).channel);
  }

  send(topic: string, event: string, payload: Record<string, unknown>) {
    return this.#on(topic).channel.send({ type: 'broadcast', event, payload });
  }

  track(topic: string, payload: Record<string, unknown>) {
    return this.#on(topic).channel.track(payload);
  }

  /** The keys of who is present. */
  present(topic: string): string[] {
    return Object.keys(this.#on(topic).channel.presenceState()).sort();
  }

  heard(topic: string) {
    return this.#on(topic).heard;
  }

  rows(topic: string) {
    return this.#on(topic).rows;
  }

  #on(topic: string): Joined {
    const joined = this.#joined.get(topic);
    if (!joined) throw new Error(`the page has not joined ${topic}`);
    return joined;
  }
}
