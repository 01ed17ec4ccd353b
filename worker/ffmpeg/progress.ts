/** How a push goes, from what ffmpeg reports twice a second. */

/** As `renew_session` takes it. */
export interface PushStats {
  readonly bitrate_kbps: number | null;
  readonly fps: number | null;
  readonly speed: number | null;
  readonly dropped_frames: number | null;
  readonly out_seconds: number | null;
}

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
  readonly frames: number;
  readonly outSeconds: number;
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));

export class Progress {
  readonly #bytesOut: () => number;
  readonly #values = new Map<string, string>();
  #last: Sample;

  /** @param bytesOut what the target has been sent so far */
  constructor(bytesOut: () => number) {
    this.#bytesOut = bytesOut;
    this.#last = this.#sample();
  }

  /** Takes a line `key=value` of `-progress`. */
  read(line: string): void {
    const [key = '', value = ''] = line.split('=');
    this.#values.set(key.trim(), value.trim());
  }

  /** What happened since this was asked last; null before ffmpeg has reported anything. */
  stats(): PushStats | null {
    if (this.#values.size === 0) return null;
    const [before, now] = [this.#last, this.#sample()];
    const seconds = (now.atMs - before.atMs) / 1000;
    if (seconds <= 0) return null;
    this.#last = now;
    return {
      bitrate_kbps: round(((now.bytes - before.bytes) * 8) / 1000 / seconds, 1),
      fps: round((now.frames - before.frames) / seconds, 2),
      speed: round((now.outSeconds - before.outSeconds) / seconds, 3),
      dropped_frames: this.#number('drop_frames'),
      out_seconds: round(now.outSeconds, 3),
    };
  }

  #number(key: string): number {
    const value = Number(this.#values.get(key) ?? 0);
    return Number.isFinite(value) ? Math.max(0, value) : 0;
  }

  #sample(): Sample {
    // ffmpeg's `out_time_ms` is in microseconds.
    return {
      atMs: performance.now(),
      bytes: this.#bytesOut(),
      frames: this.#number('frame'),
      outSeconds: this.#number('out_time_ms') / 1e6,
    };
  }
}
