/** One edge function that is called on a schedule. */

const ANSWER_WITHIN_MS = 30_000;

export interface JobTarget {
  /** The gateway. */
  readonly apiUrl: string;
  readonly secretKey: string;
}

function describe(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}

export class ScheduledJob {
  readonly #functionName: string;
  readonly #target: JobTarget;
  #isFailing = false;

  constructor(functionName: string, target: JobTarget) {
    this.#functionName = functionName;
    this.#target = target;
  }

  /**
   * Calls the function once. Never rejects: the first failure of a streak goes to stderr; its end,
   * and a result in which anything was done, to stdout.
   */
  async run(): Promise<void> {
    try {
      const result = await this.#call();
      if (this.#isFailing) console.log(`${this.#functionName} works again`);
      this.#isFailing = false;
      if (Object.values(result).some(Boolean)) {
        console.log(this.#functionName, JSON.stringify(result));
      }
    } catch (error) {
      if (!this.#isFailing) console.error(`${this.#functionName} failed: ${describe(error)}`);
      this.#isFailing = true;
    }
  }

  async #call(): Promise<Record<string, unknown>> {
    const { apiUrl, secretKey } = this.#target;
    const response = await fetch(`${apiUrl}/functions/v1/${this.#functionName}`, {
      method: 'POST',
      headers: { apikey: secretKey },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`status ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }
}
