/** scripts/setup.mjs on a project of its own, whose only packages are files beside it. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../../lib/root.ts';
import { runProgram } from '../../lib/run-program.ts';
import { runNode } from '../support/cli.ts';

let project: string;

function writeJson(file: string, content: unknown): void {
  writeFileSync(join(project, file), JSON.stringify(content));
}

/** A stand-in for the npm package `node`, 200 bytes instead of 100 MB. */
function packStandIn(): void {
  const folder = join(project, 'stand-in');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeJson('stand-in/package.json', { name: 'node', version: '24.0.1', bin: 'bin/node' });
  writeFileSync(join(folder, 'bin', 'node'), '#!/bin/sh\necho v24.0.1\n');
  chmodSync(join(folder, 'bin', 'node'), 0o755);
  execFileSync('npm', ['pack', './stand-in'], { cwd: project, stdio: 'ignore' });
}

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'streambed-setup-'));
  mkdirSync(join(project, 'scripts'));
  copyFileSync(join(ROOT, 'scripts', 'setup.mjs'), join(project, 'scripts', 'setup.mjs'));
  packStandIn();
  writeJson('package.json', {
    name: 'sample',
    version: '1.0.0',
    scripts: { prestart: 'node scripts/setup.mjs', start: 'node --version' },
    devDependencies: { node: 'file:node-24.0.1.tgz' },
  });
  const lock = ['install', '--package-lock-only', '--no-audit', '--no-fund'];
  execFileSync('npm', lock, { cwd: project, stdio: 'ignore' });
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const setUp = (env = {}) => runNode([join(project, 'scripts', 'setup.mjs')], env);
const installed = () => join(project, 'node_modules', '.package-lock.json');
const INSTALLS = /running npm ci/;

test('a fresh clone is installed, with one line that says so; after that it is left alone', async () => {
  const first = await setUp();
  expect(first).toMatchObject({ code: 0, stderr: expect.not.stringContaining('ERR') });
  expect(first.stdout).toMatch(/^setup: node_modules is missing; running npm ci/);
  expect(existsSync(installed())).toBe(true);
  expect(await setUp()).toMatchObject({ code: 0, stdout: '' });
});

test('who only looks is told in one line what is missing, and nothing is installed', async () => {
  const look = () => runNode([join(project, 'scripts', 'setup.mjs'), '--only-look']);
  const first = await look();
  expect(first).toMatchObject({ code: 1, stdout: '' });
  expect(first.stderr).toMatch(/^setup: node_modules is missing, so nothing can run yet; .*\n$/);
  expect(existsSync(join(project, 'node_modules'))).toBe(false);
  await setUp();
  const later = new Date(Date.now() + 5_000);
  utimesSync(join(project, 'package-lock.json'), later, later);
  expect(await look()).toMatchObject({ code: 0, stdout: '', stderr: '' });
  rmSync(installed());
  expect((await look()).stderr).toMatch(/^setup: the last install did not finish, so nothing/);
});

test.each(['status', 'stop'])('npm run %s during the install has no stack trace', async (name) => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const own = { [`pre${name}`]: scripts[`pre${name}`], [name]: scripts[name] };
  writeJson('package.json', { name: 'sample', version: '1.0.0', scripts: own });
  const { code, stderr } = await runProgram('npm', ['run', name], {
    cwd: project,
    env: process.env,
  });
  expect(code).toBe(1);
  expect(stderr).toContain('node_modules is missing, so nothing can run yet');
  expect(stderr).not.toMatch(/^ {4}at /m);
});

test('an install that was interrupted is done again', async () => {
  await setUp();
  rmSync(installed());
  const again = await setUp();
  expect(again.stdout).toMatch(/the last install did not finish/);
  expect(existsSync(installed())).toBe(true);
});

test('what a link leads to is left alone', async () => {
  const elsewhere = join(project, 'elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'precious'), '');
  symlinkSync(elsewhere, join(project, 'node_modules'));
  const { code, stderr } = await setUp();
  expect(code).toBe(1);
  expect(stderr).toMatch(/node_modules is a link to .*elsewhere; remove the link/);
  expect(existsSync(join(elsewhere, 'precious'))).toBe(true);
});

test('a lockfile that is newer than the install is installed', async () => {
  await setUp();
  const later = new Date(Date.now() + 5_000);
  utimesSync(join(project, 'package-lock.json'), later, later);
  expect((await setUp()).stdout).toMatch(INSTALLS);
});

test('development packages come along under NODE_ENV=production', async () => {
  const { code } = await setUp({ NODE_ENV: 'production' });
  expect(code).toBe(0);
  expect(existsSync(join(project, 'node_modules', '.bin', 'node'))).toBe(true);
});

test('npm start installs first and then runs with the Node that it installed', () => {
  const run = () => execFileSync('npm', ['start'], { cwd: project, encoding: 'utf8' });
  const first = run();
  expect(first).toMatch(INSTALLS);
  expect(first.trimEnd()).toMatch(/v24\.0\.1$/);
  expect(run()).not.toMatch(INSTALLS);
});

test('an install that fails says so and fails', async () => {
  rmSync(join(project, 'node-24.0.1.tgz'));
  const failed = await setUp({ npm_config_cache: join(project, 'cache') });
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/setup: npm ci failed with exit code \d+; its message is above/);
});

test('an install without its scripts is noticed', async () => {
  writeFileSync(join(project, 'stand-in', 'bin', 'node'), '#!/bin/sh\necho v20.0.0\n');
  execFileSync('npm', ['pack', './stand-in'], { cwd: project, stdio: 'ignore' });
  rmSync(join(project, 'package-lock.json'));
  const lock = ['install', '--package-lock-only', '--no-audit', '--no-fund'];
  execFileSync('npm', lock, { cwd: project, stdio: 'ignore' });
  const failed = await setUp();
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(
    /node_modules\/node is v20\.0\.0, wanted v24\.0\.1; run: npm rebuild/,
  );
});
