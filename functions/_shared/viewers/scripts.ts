/** The scripts as commands; see lua.ts for what each takes and answers. */
import { luaScript } from '../lua-script.ts';
import { ADMIT, COUNT, FINISH, LEAVE, TOUCH } from './lua.ts';

type Touched = [viewers: number, waitMs: number];
type Counted<Session> = [
  ...[session: Session, at: string, viewers: number, peak: number],
  ...[uniques: number, seconds: string],
];

export const admitAddress = luaScript<number>(ADMIT);
export const touchViewer = luaScript<Touched>(TOUCH);
export const leaveStream = luaScript<Touched>(LEAVE);
export const countViewers = luaScript<Counted<string>>(COUNT);
export const finishSession = luaScript<Counted<string | null>>(FINISH);
