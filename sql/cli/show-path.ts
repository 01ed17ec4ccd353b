import { relative } from 'node:path';

/** A path as messages show it: from the folder that the command was called in. */
export const showPath = (path: string): string => relative(process.cwd(), path);
