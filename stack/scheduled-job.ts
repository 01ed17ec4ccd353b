/** One edge function that is called on a schedule. */

export interface JobTarget {
  /** The gateway. */
  readonly apiUrl: string;
  readonly secretKey: string;
}

/** A row of `private.scheduled_jobs`. */
export interface JobSettings {
  readonly name: string;
  readonly schedule: string;
  readonly functionName: string;
  readonly timeoutSeconds: number;
}

function describe(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}

export class ScheduledJob {
  readonly #settings: JobSettings;
  readonly #target: JobTarget;
  #isFailing = false;

  constructor(settings: JobSettings, target: JobTarget) {
    this.#settings = settings;
    this.#target = target;
  }

  /**
   * Calls the function once. Never rejects: the first failure of a streak goes to stderr; its end,
   * and a result in which anything was done, to stdout.
   */
  async run(): Promise<void> {
    const { name } = this.#settings;
    try {
      const result = await this.#call();
      if (this.#isFailing) console.log(`${name} works again`);
      this.#isFailing = false;
      if (Object.values(result).some(Boolean)) {
        console.log(name, JSON.stringify(result));
      }
    } catch (error) {
      if (!this.#isFailing) console.error(`${name} failed: ${describe(error)}`);
      this.#isFailing = true;
    }
  }

  async #call(): Promise<Record<string, unknown>> {
    const { apiUrl, secretKey } = this.#target;
    const { name, functionName, timeoutSeconds } = this.#settings;
    const response = await fetch(`${apiUrl}/functions/v1/${functionName}`, {
      method: 'POST',
      headers: { apikey: secretKey, 'content-type': 'application/json' },
      body: JSON.stringify({ job: name }),
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`status ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }
}
