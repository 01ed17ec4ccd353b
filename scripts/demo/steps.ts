/** Prints each step of a run with the time that it took. */

const seconds = (ms: number) => `${(ms / 1000).toFixed(2).padStart(7)} s`;

/** A step that did not work, by its name. */
export class StepFailed extends Error {
  constructor(step: string, cause: unknown) {
    super(`failed: ${step}\n${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/**
 * Runs one step and prints its name and time, and what `describe` makes of its result.
 * @throws StepFailed naming the step
 */
export async function step<T>(
  name: string,
  work: () => Promise<T>,
  describe: (result: T) => string = () => '',
): Promise<T> {
  const startedAt = performance.now();
  try {
    const result = await work();
    console.log(`${seconds(performance.now() - startedAt)}  ${name} ${describe(result)}`.trimEnd());
    return result;
  } catch (error) {
    throw new StepFailed(name, error);
  }
}
