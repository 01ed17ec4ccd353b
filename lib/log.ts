/** One line an event; secrets never get here. */

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' | ');
}

/** Writes what happened. */
export function logEvent(text: string): void {
  console.log(oneLine(text));
}

/** Writes what somebody should look at. */
export function logProblem(text: string): void {
  console.error(oneLine(text));
}
