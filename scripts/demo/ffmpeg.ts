/** The encoder and the player of the demo: ffmpeg from the PATH, else the one that npm brought. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findFfmpeg } from '../../lib/find-ffmpeg.ts';
import { LastLines } from '../../lib/last-lines.ts';
import { readLines } from '../../lib/read-lines.ts';

const LINES_TO_KEEP = 5;

/** How long the demo's video lasts. */
export const VIDEO_SECONDS = 20;

/** A running ffmpeg. */
export interface FfmpegRun {
  /** Settles when it has ended, with the exit code and the last things it said; never rejects. */
  readonly ended: Promise<FfmpegEnd>;
  /** Asks it to finish, as Ctrl-C does; settles with `ended`. */
  stop(): Promise<FfmpegEnd>;
}

export interface FfmpegEnd {
  readonly code: number | null;
  readonly said: string;
}

function withoutSecrets(text: string): string {
  return text.replace(/\b(key|token)=[^&\s:]+/g, '$1=…');
}

let program: string | undefined;

/** Starts ffmpeg with these arguments. What it says is kept, without the secrets of its URLs. */
export function runFfmpeg(args: readonly string[]): FfmpegRun {
  program ??= findFfmpeg();
  const child = spawn(program, ['-hide_banner', '-nostats', '-loglevel', 'error', '-y', ...args], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const said = new LastLines(LINES_TO_KEEP);
  void readLines(child.stderr, (line) => said.add(withoutSecrets(line)));
  child.stdin.on('error', () => {}); // it may have ended already
  const ended = once(child, 'close').then(
    ([code]) => ({ code: code as number | null, said: said.all.join('\n') }),
    (error: Error) => ({ code: null, said: error.message }),
  );
  return {
    ended,
    stop: () => {
      child.kill('SIGINT');
      return ended;
    },
  };
}

async function mustSucceed(what: string, args: readonly string[]): Promise<void> {
  const { code, said } = await runFfmpeg(args).ended;
  if (code !== 0) throw new Error(`ffmpeg could not ${what} (exit code ${code}):\n${said}`);
}

export interface VideoOptions {
  readonly seconds: number;
  readonly size?: string;
  readonly bitrate?: string;
}

/** Makes an H.264/AAC video of a moving test picture with noise, so that it fills its bitrate. */
export async function makeVideo(
  path: string,
  { seconds, size = '1280x720', bitrate = '2500k' }: VideoOptions,
): Promise<void> {
  await mustSucceed('make the video', [
    ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25,noise=alls=12:allf=t`],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100'],
    ...['-t', String(seconds), '-pix_fmt', 'yuv420p'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50'],
    ...['-b:v', bitrate, '-maxrate', bitrate, '-bufsize', bitrate, '-c:a', 'aac', path],
  ]);
}

/** Plays a video out to an RTMP address at its own speed, `loops` more times (-1: for ever). */
export function pushVideo(path: string, url: string, loops = 0): FfmpegRun {
  return runFfmpeg([
    ...['-re', '-stream_loop', String(loops), '-i', path, '-c', 'copy', '-f', 'flv', url],
  ]);
}

/** Decodes every frame of a file. Throws when there is none, or anything that does not decode. */
export async function decodeVideo(path: string): Promise<void> {
  await mustSucceed('play what was received', [
    ...['-xerror', '-i', path, '-map', '0:v:0', '-map', '0:a:0', '-f', 'null', '-'],
  ]);
}
