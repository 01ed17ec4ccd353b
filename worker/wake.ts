/** A sleep that can be ended from outside. */
export class Wake {
  #isCalled = false;
  #end: (() => void) | null = null;

  /** Ends the present sleep, or the next one if nobody sleeps. */
  up(): void {
    this.#isCalled = true;
    this.#end?.();
  }

  /** Settles after `ms`, or as soon as `up` is called. */
  async sleep(ms: number): Promise<void> {
    if (!this.#isCalled) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#end = null;
    this.#isCalled = false;
  }
}
