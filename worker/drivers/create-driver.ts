/** The driver that the settings name. */
import { findFfmpeg } from '../../lib/find-ffmpeg.ts';
import type { Settings } from '../settings.ts';
import { createDockerDriver } from './docker/create.ts';
import type { Driver } from './driver.ts';
import { ProcessDriver } from './process.ts';

/** @throws Error telling the operator what is missing */
export async function createDriver({ driver, docker, folder, id }: Settings): Promise<Driver> {
  if (driver === 'docker') return await createDockerDriver({ ...docker, workerId: id });
  return new ProcessDriver(findFfmpeg(), folder);
}
