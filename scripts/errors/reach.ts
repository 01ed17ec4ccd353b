/** Which codes a function can refuse with: its own, those of what it calls, and those of the triggers of what it writes. */
import { callsOf, suffixesOf, textsOf, type Write, writesOf } from './body.ts';
import type { ErrorSources, Trigger } from './read.ts';

/** Codes that a function passes on by its text, but that cannot come true in it. */
const IMPOSSIBLE: Readonly<Record<string, { codes: readonly string[] | 'all'; because: string }>> =
  {
    'private.append_notice': {
      codes: 'all',
      because: 'the database writes its own events: their names and versions are right',
    },
    'private.create_profile': {
      codes: 'all',
      because: 'its username is made valid and free, its display name cut to size',
    },
    'private.enforce_transitions': {
      codes: 'all',
      because: 'functions look at the status before they move it',
    },
    'private.extend_event_log': {
      codes: 'all',
      because: 'it writes down the trigger that refuses, and does not call it',
    },
    'private.find_play_refusal': {
      codes: ['stream_expired'],
      because: 'it asks why a disabled stream is closed',
    },
    'private.provide_request_stream': {
      codes: [
        'category_invalid',
        'description_invalid',
        'settings_invalid',
        'title_invalid',
        'visibility_invalid',
      ],
      because: 'title and description were checked with the request, the rest is constant',
    },
  };

/** What record_events makes: it appends the database's own events, as append_notice does. */
const isRecorder = (name: string) => name.endsWith('_append_event');

function canComeTrue(called: string, code: string): boolean {
  const impossible = IMPOSSIBLE[called]?.codes ?? [];
  return !isRecorder(called) && impossible !== 'all' && !impossible.includes(code);
}

interface Own {
  readonly codes: readonly string[];
  readonly suffixes: readonly string[];
  readonly calls: ReturnType<typeof callsOf>;
  readonly writes: readonly Write[];
}

const isFiredBy =
  ({ table, operation, columns }: Write) =>
  (trigger: Trigger) =>
    trigger.table === table &&
    trigger.operations.includes(operation) &&
    (operation !== 'update' ||
      trigger.columns.length === 0 ||
      trigger.columns.some((column) => columns.includes(column)));

/** Answers for every function; a code that is not in the catalogue is answered too. */
export class Reach {
  readonly #own = new Map<string, Own[]>();
  readonly #known = new Map<string, ReadonlySet<string>>();
  readonly #triggers: readonly Trigger[];

  constructor({ catalogue, functions, triggers }: ErrorSources) {
    const codes = new Set(catalogue.map(({ code }) => code));
    this.#triggers = triggers;
    for (const { name, body } of functions) {
      const calls = callsOf(body);
      const failed = calls.flatMap(({ name: called, firstText }) =>
        called === 'private.fail' && firstText ? [firstText] : [],
      );
      const own = {
        codes: [...textsOf(body).filter((text) => codes.has(text)), ...failed],
        suffixes: suffixesOf(body),
        calls,
        writes: writesOf(body),
      };
      this.#own.set(name, [...(this.#own.get(name) ?? []), own]);
    }
  }

  /** What a function puts behind its first argument to make a code. */
  #suffixes(name: string): string[] {
    return (this.#own.get(name) ?? []).flatMap(({ suffixes }) => suffixes);
  }

  #calledBy(own: Own): string[] {
    const fired = own.writes.flatMap((write) => this.#triggers.filter(isFiredBy(write)));
    return [...own.calls.map(({ name }) => name), ...fired.map(({ calls }) => calls)];
  }

  #direct(own: Own): string[] {
    const built = own.calls.flatMap(({ name, firstText }) =>
      firstText === undefined ? [] : this.#suffixes(name).map((suffix) => firstText + suffix),
    );
    return [...own.codes, ...built];
  }

  #reached(name: string, path: ReadonlySet<string>): Set<string> {
    const codes = new Set<string>();
    if (path.has(name)) return codes;
    const deeper = new Set([...path, name]);
    for (const own of this.#own.get(name) ?? []) {
      for (const code of this.#direct(own)) codes.add(code);
      for (const called of this.#calledBy(own)) {
        for (const code of this.codesThrough(called, deeper)) codes.add(code);
      }
    }
    return codes;
  }

  /** Those of a function's codes that can come true in whoever calls it, or whose write fires it. */
  codesThrough(called: string, path?: ReadonlySet<string>): string[] {
    return [...this.codesOf(called, path)].filter((code) => canComeTrue(called, code));
  }

  /** @param name with its schema */
  codesOf(name: string, path: ReadonlySet<string> = new Set()): ReadonlySet<string> {
    const known = this.#known.get(name);
    if (known) return known;
    const codes = this.#reached(name, path);
    // What was found on the way around a circle may be short of what the circle's other functions add.
    if (path.size === 0) this.#known.set(name, codes);
    return codes;
  }
}
