/** The driver that the settings name. */
import { findFfmpeg } from '../ffmpeg/program.ts';
import type { Settings } from '../settings.ts';
import type { Driver } from './driver.ts';
import { ProcessDriver } from './process.ts';

export function createDriver({ folder }: Settings): Driver {
  return new ProcessDriver(findFfmpeg(), folder);
}
