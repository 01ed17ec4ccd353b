/** Keeps what nobody may read out of whatever is written or reported. */
import type { TargetAddress } from './relay/target-address.ts';

/** Parts shorter than this are words, such as the application `live`. */
const SHORTEST_PART = 6;

function partsOf(text: string): string[] {
  const decoded = (part: string) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  };
  const parts = text.split(/[/?&=:;]/).filter((part) => part.length >= SHORTEST_PART);
  return [...parts, ...parts.map(decoded)];
}

export class Secrets {
  #replacements: (readonly [secret: string, instead: string])[] = [];

  /** Hides `secret` from now on. */
  add(secret: string, instead = '…'): void {
    if (!secret) return;
    this.#replacements.push([secret, instead]);
    this.#replacements.sort(([a], [b]) => b.length - a.length);
  }

  /** Hides an RTMP address: application, key, and what they are made of. */
  addTarget(url: string, target?: TargetAddress): void {
    this.add(url, '<target>');
    if (!target) return;
    const { app, playpath, tcUrl } = target;
    this.add(`${tcUrl}/${playpath}`, '<target>');
    this.add(tcUrl, '<target>');
    this.add(`${app}/${playpath}`, '<target>');
    this.add(playpath);
    for (const part of [...partsOf(app), ...partsOf(playpath)]) this.add(part);
  }

  /** Hides a source's parameters, user name and password; its whole address too. */
  addSource(url: string): void {
    this.add(url, '<source>');
    if (!URL.canParse(url)) return;
    const { search, username, password } = new URL(url);
    this.add(search);
    this.add(username);
    this.add(password);
    for (const part of partsOf(search)) this.add(part);
  }

  /** The text without any of them. */
  mask(text: string): string {
    return this.#replacements.reduce(
      (masked, [secret, instead]) => masked.replaceAll(secret, instead),
      text,
    );
  }
}
