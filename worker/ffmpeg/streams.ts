/** What ffmpeg says about a source, and what of it can be pushed as it is. */
import { Refused } from '../guard/refused.ts';

export interface StreamFacts {
  /** Its number in the file. */
  readonly index: number;
  readonly codec: string;
  readonly details: string;
}

export interface MediaFacts {
  readonly video: StreamFacts;
  /** Null when there is no sound. */
  readonly audio: StreamFacts | null;
}

const STREAM = /^\s*Stream #0:(\d+)(?:\[0x[0-9a-f]+\])?(?:\([^)]*\))?: (Video|Audio): (\w+)(.*)$/;
const NO_FORMAT = /Invalid data found|not on whitelist|could not find codec parameters/i;

function streamsOf(kind: string, lines: readonly string[]): StreamFacts[] {
  const matches = lines.map((line) => STREAM.exec(line)).filter((match) => match !== null);
  const own = matches.filter(
    ([, , type, , rest = '']) => type === kind && !/attached pic/.test(rest),
  );
  return own.map(([, index, , codec = '', details = '']) => ({
    index: Number(index),
    codec,
    details,
  }));
}

/**
 * Reads what `ffmpeg -i` printed: the first picture and the first sound.
 * @throws Refused when that is no video
 */
export function readMedia(lines: readonly string[]): MediaFacts {
  const [video] = streamsOf('Video', lines);
  const [audio] = streamsOf('Audio', lines);
  if (video) return { video, audio: audio ?? null };
  if (audio) throw new Refused('The source has sound but no video.');
  if (lines.some((line) => NO_FORMAT.test(line))) {
    throw new Refused(
      'The source is no video file that can be restreamed: MP4, MOV, MKV, WebM, FLV, MPEG-TS, MPEG-PS, AVI, ASF or Ogg.',
    );
  }
  throw new Refused('The source could not be read as a video.');
}

/** Whether RTMP servers take the picture as it is: H.264, 8 bit, 4:2:0. */
export function canCopyVideo({ codec, details }: StreamFacts): boolean {
  return codec === 'h264' && /, yuvj?420p\b/.test(details);
}

/** Whether RTMP servers take the sound as it is: AAC, or MP3 at a rate that FLV knows. */
export function canCopyAudio({ codec, details }: StreamFacts): boolean {
  if (codec === 'aac') return true;
  return codec === 'mp3' && /, (44100|22050|11025) Hz/.test(details);
}
