/** Who is present on one topic: under each key, one entry for each channel that tracks. */

export type Meta = Readonly<Record<string, unknown>> & { readonly phx_ref: string };
export type PresenceState = Record<string, { metas: Meta[] }>;
export interface PresenceDiff {
  readonly joins: PresenceState;
  readonly leaves: PresenceState;
}

interface Entry {
  readonly key: string;
  readonly meta: Meta;
}

let lastRef = 0;
const nextRef = () => `R${process.pid.toString(36)}${(++lastRef).toString(36)}`;
const stateOf = ({ key, meta }: Entry): PresenceState => ({ [key]: { metas: [meta] } });

export class Presence<Member> {
  readonly #entries = new Map<Member, Entry>();

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Puts a member under a key, or changes what it tells of itself. */
  track(member: Member, key: string, payload: Readonly<Record<string, unknown>>): PresenceDiff {
    const before = this.#entries.get(member);
    const phx_ref = nextRef();
    const more = before && { phx_ref_prev: before.meta.phx_ref };
    const entry: Entry = { key, meta: { ...payload, ...more, phx_ref } };
    this.#entries.set(member, entry);
    return { joins: stateOf(entry), leaves: before ? stateOf(before) : {} };
  }

  /** Takes a member away; undefined when it was not present. */
  untrack(member: Member): PresenceDiff | undefined {
    const entry = this.#entries.get(member);
    if (!entry) return undefined;
    this.#entries.delete(member);
    return { joins: {}, leaves: stateOf(entry) };
  }

  state(): PresenceState {
    const state: PresenceState = Object.create(null);
    for (const { key, meta } of this.#entries.values()) {
      state[key] ??= { metas: [] };
      state[key].metas.push(meta);
    }
    return state;
  }
}
