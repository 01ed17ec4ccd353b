import type { PostgresConnection } from '@supabase/lite/postgres';

type Introspection = Awaited<ReturnType<PostgresConnection['introspect']>>;

/**
 * Wraps lite's reading of the schema: readers who come at once share one reading, a change that is
 * announced during a reading causes another, and a failed reading is an error rather than a
 * database without tables.
 */
export class SchemaCache {
  readonly #read: () => Promise<Introspection>;
  #current: Promise<Introspection> | undefined;

  constructor(read: () => Promise<Introspection>) {
    this.#read = read;
  }

  /** The schema, read at the first call and after each `clear`. */
  get(): Promise<Introspection> {
    if (this.#current) return this.#current;
    const reading = this.#read().then(assertRead);
    this.#current = reading;
    reading.catch(() => {
      if (this.#current === reading) this.#current = undefined;
    });
    return reading;
  }

  clear(): void {
    this.#current = undefined;
  }
}

/** lite answers a failed reading with an empty schema, which has no list of functions. */
function assertRead(introspection: Introspection): Introspection {
  if (introspection.functions) return introspection;
  throw Object.assign(new Error('The schema could not be read.'), { code: 'CONNECTION_LOST' });
}
