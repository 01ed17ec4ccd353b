/** The supervisor's care for one service, tried on small programs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EndingSteps } from '../../lib/end-process.ts';
import { isAlive } from '../../lib/process-identity.ts';
import { waitUntil } from '../../lib/wait.ts';
import { nodeService } from '../../stack/node-service.ts';
import { LogFile } from '../../stack/supervisor/log-file.ts';
import type { Service } from '../../stack/supervisor/service.ts';
import { ServiceProcess } from '../../stack/supervisor/service-process.ts';

const ENDING: EndingSteps = [
  ['SIGTERM', 1_000],
  ['SIGKILL', 1_000],
];

let folder: string;
let said: string[];
let started: ServiceProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'streambed-supervisor-'));
  said = [];
  started = [];
});
afterEach(async () => {
  for (const one of started) await one.stop();
  rmSync(folder, { recursive: true, force: true });
});

function supervise(script: string, options: Partial<Service> = {}): ServiceProcess {
  const service: Service = {
    name: 'sample',
    command: async () => ({ command: process.execPath, args: ['-e', script] }),
    probe: async () => true,
    ending: ENDING,
    ...options,
  };
  const log = new LogFile(join(folder, 'sample.log'));
  const supervised = new ServiceProcess(service, {
    log,
    say: (line) => said.push(line),
    onChange: () => {},
  });
  started.push(supervised);
  return supervised;
}

function readLog(): string {
  const file = join(folder, 'sample.log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

test('a service that dies time and again does not start, and its last words are told', async () => {
  const sample = supervise("console.error('no such luck'); process.exit(3)", {
    probe: async () => false,
  });
  await expect(sample.start()).rejects.toThrow(
    /sample does not start: exit code 3\. Its log, .*sample\.log, ends with:\n {2}no such luck/,
  );
  expect(said.filter((line) => line.includes('starting it again'))).toHaveLength(2);
});

test('a service that is never ready does not start, and is not left running', async () => {
  const sample = supervise('setInterval(() => {}, 1000)', {
    probe: async () => false,
    readyWithinMs: 100,
  });
  await expect(sample.start()).rejects.toThrow(/was not ready within 0\.1 s/);
  expect(sample.identity).toBeNull();
});

test('a program that does not exist is told by its name', async () => {
  const sample = supervise('', {
    command: async () => ({ command: '/nowhere/program', args: [] }),
    probe: async () => false,
  });
  await expect(sample.start()).rejects.toThrow(/could not be started: .*\/nowhere\/program/);
});

test('a preparation that fails is told as it is', async () => {
  const sample = supervise('', {
    command: () => Promise.reject(new Error('the data folder is of another version')),
  });
  await expect(sample.start()).rejects.toThrow('the data folder is of another version');
});

test('a service that ignores SIGTERM is killed in the time that it has', async () => {
  const sample = supervise("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
  await sample.start();
  const { identity } = sample;
  expect(isAlive(identity)).toBe(true);
  await sample.stop();
  expect(isAlive(identity)).toBe(false);
});

test('a service that answers no more is ended and started again', async () => {
  let answers = true;
  const sample = supervise('setInterval(() => {}, 1000)', {
    answers: async () => answers,
    askEveryMs: 20,
  });
  await sample.start();
  const { identity } = sample;
  answers = false;
  expect(await waitUntil(() => sample.restarts >= 1, { timeoutMs: 60_000 })).toBe(true);
  answers = true;
  expect(isAlive(identity)).toBe(false);
  expect(said.join('\n')).toContain('sample ended (hung (SIGTERM)); starting it again');
  const isBack = () => isAlive(sample.identity);
  expect(await waitUntil(isBack, { timeoutMs: 60_000 })).toBe(true);
});

test('a service that answers now and then is left alone', async () => {
  let asked = 0;
  const sample = supervise('setInterval(() => {}, 1000)', {
    answers: async () => ++asked % 4 === 0,
    askEveryMs: 5,
  });
  await sample.start();
  expect(await waitUntil(() => asked > 40, { timeoutMs: 60_000 })).toBe(true);
  expect(sample.restarts).toBe(0);
});

test('what a service has started goes with it when it is killed', async () => {
  const script = `
    const child = require('child_process').spawn('sleep', ['600']);
    process.on('SIGTERM', () => {});
    console.log('child ' + child.pid);`;
  const sample = supervise(script);
  await sample.start();
  const hasTold = () => readLog().includes('child ');
  expect(await waitUntil(hasTold, { timeoutMs: 60_000 })).toBe(true);
  const child = Number(/child (\d+)/.exec(readLog())?.[1]);
  await sample.stop();
  const isGone = () => {
    try {
      return !process.kill(child, 0);
    } catch {
      return true;
    }
  };
  expect(await waitUntil(isGone, { timeoutMs: 60_000 })).toBe(true);
});

test('one of our own programs ends when its supervisor is gone', async () => {
  const { command } = nodeService('sample', 'stack/scheduler.ts', async () => true);
  const { command: program, args } = await command();
  const child = spawn(program, args, {
    env: { ...process.env, STREAMBED_DATA_DIR: folder },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.end();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('stdout goes to the log only, stderr to the console too, within bounds', async () => {
  const sample = supervise(`
    console.log('all is well');
    for (let i = 0; i < 1000; i += 1) console.error('complaint ' + i);
    setInterval(() => {}, 1000);`);
  await sample.start();
  expect(await waitUntil(() => readLog().includes('complaint 999'), { timeoutMs: 60_000 })).toBe(
    true,
  );
  expect(readLog()).toContain('all is well');
  expect(said.join('\n')).not.toContain('all is well');
  expect(said[0]).toBe('[sample] complaint 0');
  expect(said.length).toBeLessThan(20);
  expect(said.at(-1)).toContain('sample.log');
});

test('a log file and the part before it stay within its bound', () => {
  const log = new LogFile(join(folder, 'bounded.log'), 1_000);
  for (let i = 0; i < 200; i += 1) log.write(`line ${i}`);
  const [now, before] = [log.path, `${log.path}.1`].map((file) => readFileSync(file, 'utf8'));
  expect(now?.length).toBeLessThanOrEqual(1_000);
  expect(before?.length).toBeLessThanOrEqual(1_000);
  expect(now).toContain('line 199');
  const later = new LogFile(log.path, 1_000);
  for (let i = 200; i < 400; i += 1) later.write(`line ${i}`);
  expect(readFileSync(log.path, 'utf8').length).toBeLessThanOrEqual(1_000);
});
