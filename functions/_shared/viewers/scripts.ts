/** The scripts as commands of the Redis client: sent by hash, and whole to a server that does not know it. */
import { type CommandParser, defineScript } from 'redis';
import { COUNT, LEAVE, TOUCH } from './lua.ts';

/** A script all of whose keys belong to one stream. */
function streamScript<Reply>(source: string, keyCount: number) {
  return defineScript({
    SCRIPT: source,
    NUMBER_OF_KEYS: keyCount,
    FIRST_KEY_INDEX: 0,
    parseCommand(parser: CommandParser, keys: string[], args: string[]) {
      for (const key of keys) parser.pushKey(key);
      parser.push(...args);
    },
    transformReply: (reply: unknown) => reply as Reply,
  });
}

/** See lua.ts for what each takes and answers. */
export const SCRIPTS = {
  touchViewer: streamScript<[viewers: number, waitMs: number]>(TOUCH, 6),
  leaveStream: streamScript<[viewers: number, waitMs: number]>(LEAVE, 5),
  countViewers: streamScript<
    [session: string, at: string, viewers: number, peak: number, uniques: number, seconds: string]
  >(COUNT, 4),
};
