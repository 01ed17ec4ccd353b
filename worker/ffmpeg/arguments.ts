/** What ffmpeg is told. */
import { canCopyAudio, canCopyVideo, type MediaFacts } from './streams.ts';

/** Formats that hold everything in themselves; playlists could name other addresses. */
const FORMATS = [
  ...['mov', 'mp4', 'm4a', '3gp', '3g2', 'mj2', 'matroska', 'webm', 'flv', 'live_flv'],
  ...['mpegts', 'mpeg', 'avi', 'asf', 'ogg'],
];

const QUIET = ['-hide_banner', '-nostdin', '-nostats'];

/** A read that makes no progress for this long is given up; the relay does so before. */
const READ_TIMEOUT_US = 60_000_000;

/** Common to every reading: only from the relay, only formats of the list. */
function input(url: string): string[] {
  return [
    ...['-protocol_whitelist', 'http,tcp', '-format_whitelist', FORMATS.join(',')],
    ...['-rw_timeout', String(READ_TIMEOUT_US), '-reconnect', '1', '-reconnect_delay_max', '4'],
    ...['-i', url],
  ];
}

const COPY_VIDEO = ['-c:v', 'copy'];
const COPY_AUDIO = ['-c:a', 'copy'];

const H264 = [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'],
  ...['-vf', 'scale=trunc(iw/2)*2:trunc(ih/2)*2'],
  ...['-crf', '23', '-maxrate', '6000k', '-bufsize', '12000k'],
  ...['-force_key_frames', 'expr:gte(t,n_forced*2)', '-sc_threshold', '0'],
];
const AAC = ['-c:a', 'aac', '-b:a', '128k', '-ar', '44100', '-ac', '2'];

/** To learn what a source is; ffmpeg tells it and fails, as there is nothing to write. */
export function probeArguments(sourceUrl: string): string[] {
  return [...QUIET, '-loglevel', 'info', ...input(sourceUrl)];
}

export interface PushOptions {
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly media: MediaFacts;
  readonly repeat: boolean;
}

/** To push a source at its own speed, with what can be copied copied. */
export function pushArguments({ sourceUrl, targetUrl, media, repeat }: PushOptions): string[] {
  const { video, audio } = media;
  return [
    ...[...QUIET, '-loglevel', 'warning', '-progress', 'pipe:1'],
    ...['-re', ...(repeat ? ['-stream_loop', '-1'] : []), ...input(sourceUrl)],
    ...['-map', `0:${video.index}`, ...(audio ? ['-map', `0:${audio.index}`] : [])],
    ...['-map_metadata', '-1', '-map_chapters', '-1'],
    ...(canCopyVideo(video) ? COPY_VIDEO : H264),
    ...(audio ? (canCopyAudio(audio) ? COPY_AUDIO : AAC) : []),
    ...['-f', 'flv', '-flvflags', 'no_duration_filesize', targetUrl],
  ];
}
