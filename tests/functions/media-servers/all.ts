import type { MediaServer } from './media-server.ts';
import { mediaMtx } from './mediamtx.ts';
import { nginxRtmp } from './nginx-rtmp.ts';
import { nodeMediaServer } from './node-media-server.ts';
import { srs } from './srs.ts';

/** The four media servers that one hook serves. */
export const MEDIA_SERVERS: readonly MediaServer[] = [nginxRtmp, srs, mediaMtx, nodeMediaServer];
