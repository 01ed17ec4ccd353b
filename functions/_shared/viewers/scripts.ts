/** The scripts as commands of the Redis client: sent by hash, and whole to a server that does not know it. */
import { type CommandParser, defineScript } from 'redis';
import { ADMIT, COUNT, FINISH, LEAVE, TOUCH } from './lua.ts';

/** A script all of whose keys are in one slot. */
function slotScript<Reply>(source: string, keyCount: number) {
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

type Touched = [viewers: number, waitMs: number];
type Counted<Session> = [
  ...[session: Session, at: string, viewers: number, peak: number],
  ...[uniques: number, seconds: string],
];

/** See lua.ts for what each takes and answers. */
export const SCRIPTS = {
  admitAddress: slotScript<number>(ADMIT, 1),
  touchViewer: slotScript<Touched>(TOUCH, 5),
  leaveStream: slotScript<Touched>(LEAVE, 4),
  countViewers: slotScript<Counted<string>>(COUNT, 4),
  finishSession: slotScript<Counted<string | null>>(FINISH, 3),
};
