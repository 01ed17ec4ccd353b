/**
 * Who is present on one topic: under each key, one entry for each channel that tracks. What a client tells of
 * itself is JSON text from the moment it is tracked, and never written again.
 */

interface Entry {
  readonly key: string;
  /** JSON text of what the client tells. */
  readonly payload: string;
  /** The same with its refs. */
  readonly meta: string;
  readonly ref: string;
}

let lastRef = 0;
const nextRef = () => `R${process.pid.toString(36)}${(++lastRef).toString(36)}`;

/** JSON text of what a client tells of itself; its refs are not its own to tell. */
export function encodePresence(payload: Readonly<Record<string, unknown>>): string {
  const { phx_ref: _, phx_ref_prev: __, ...own } = payload;
  return JSON.stringify(own);
}

function withRefs(payload: string, ref: string, before: string | undefined): string {
  const refs = JSON.stringify({ phx_ref_prev: before, phx_ref: ref });
  return payload === '{}' ? refs : `${payload.slice(0, -1)},${refs.slice(1)}`;
}

const stateOf = (key: string, metas: readonly string[]) =>
  `${JSON.stringify(key)}:{"metas":[${metas.join()}]}`;
const diffOf = (joins: Entry | undefined, leaves: Entry | undefined) => {
  const [joined, left] = [joins, leaves].map((entry) => entry && stateOf(entry.key, [entry.meta]));
  return `{"joins":{${joined ?? ''}},"leaves":{${left ?? ''}}}`;
};

export class Presence<Member> {
  readonly #entries = new Map<Member, Entry>();
  #state: string | undefined;

  /**
   * Puts a member under a key, or changes what it tells of itself.
   * @param payload JSON text, of `encodePresence`
   * @returns JSON text of what changed; undefined when nothing did
   */
  track(member: Member, key: string, payload: string): string | undefined {
    const before = this.#entries.get(member);
    if (before?.payload === payload) return undefined;
    const ref = nextRef();
    const entry = { key, payload, ref, meta: withRefs(payload, ref, before?.ref) };
    this.#entries.set(member, entry);
    this.#state = undefined;
    return diffOf(entry, before);
  }

  /** Takes a member away; undefined when it was not present. */
  untrack(member: Member): string | undefined {
    const entry = this.#entries.get(member);
    if (!entry) return undefined;
    this.#entries.delete(member);
    this.#state = undefined;
    return diffOf(undefined, entry);
  }

  /** JSON text of all that are present. */
  state(): string {
    this.#state ??= this.#makeState();
    return this.#state;
  }

  #makeState(): string {
    const byKey = new Map<string, string[]>();
    for (const { key, meta } of this.#entries.values()) {
      const metas = byKey.get(key);
      if (metas) metas.push(meta);
      else byKey.set(key, [meta]);
    }
    return `{${[...byKey].map(([key, metas]) => stateOf(key, metas)).join()}}`;
  }
}
