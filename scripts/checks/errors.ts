import { compareErrors } from '../errors/compare.ts';
import { readErrorSources } from '../errors/read.ts';
import { ANSWERED_BY_FUNCTIONS } from '../generate-errors.ts';
import type { Check } from './check.ts';

/** Comments name the codes that functions can refuse with, and a code has one status. */
export const errors: Check = {
  name: 'errors',
  async run(databases) {
    const sources = await readErrorSources((await databases.embedded()).url);
    return { findings: compareErrors(sources, ANSWERED_BY_FUNCTIONS) };
  },
};
