import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findOnPath } from '../../lib/find-on-path.ts';

const folder = mkdtempSync(join(tmpdir(), 'streambed-path-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, file: string, mode: number): string {
  const path = join(folder, name, file);
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(path, '', { mode });
  return path;
}

test('finds the first program wherever it is, before any other', () => {
  const early = put('early', 'valkey-server', 0o755);
  const late = put('late', 'redis-server', 0o755);
  const path = ['', join(folder, 'early'), join(folder, 'late')].join(delimiter);
  expect(findOnPath(['redis-server', 'valkey-server'], path)).toBe(late);
  expect(findOnPath(['valkey-server', 'redis-server'], path)).toBe(early);
  expect(findOnPath(['keydb-server'], path)).toBeNull();
});

test('passes over a file that cannot be run', () => {
  put('early', 'tool', 0o644);
  const tool = put('late', 'tool', 0o755);
  expect(
    findOnPath(['tool'], ['early', 'late'].map((name) => join(folder, name)).join(delimiter)),
  ).toBe(tool);
});
