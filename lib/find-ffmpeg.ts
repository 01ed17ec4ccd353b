/** Which ffmpeg to run. */
import { createRequire } from 'node:module';
import { findOnPath } from './find-on-path.ts';

/** `FFMPEG_PATH`, else the PATH's, else the one that npm brought. */
export function findFfmpeg(env: NodeJS.ProcessEnv = process.env): string {
  if (env.FFMPEG_PATH) return env.FFMPEG_PATH;
  const onPath = findOnPath(['ffmpeg'], env.PATH);
  if (onPath) return onPath;
  const installer: { path: string } = createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg');
  return installer.path;
}
