/** Which codes a function can refuse with: its own, those of what it calls, and those of the triggers of what it writes. */
import { callsOf, suffixesOf, textsOf, type Write, writesOf } from './body.ts';
import type { ErrorSources, Trigger } from './read.ts';

/** Functions whose refusals cannot come true in whoever calls them. */
const SILENT: Readonly<Record<string, string>> = {
  'private.append_notice': 'the database writes its own events: their names and versions are right',
  'private.enforce_transitions': 'functions ask for the status before they move it',
};

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

  /** @param name with its schema */
  codesOf(name: string): ReadonlySet<string> {
    const known = this.#known.get(name);
    if (known) return known;
    const codes = new Set<string>();
    const seen = new Set<string>([name]);
    for (const visited of seen) {
      for (const own of this.#own.get(visited) ?? []) {
        for (const code of this.#direct(own)) codes.add(code);
        for (const next of this.#calledBy(own)) {
          if (!(next in SILENT) && !/^private\.record_[a-z_]+$/.test(next)) seen.add(next);
        }
      }
    }
    this.#known.set(name, codes);
    return codes;
  }
}
