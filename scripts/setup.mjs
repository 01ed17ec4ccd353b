/**
 * Brings node_modules in line with package-lock.json before `npm start`, `npm test` and
 * `npm run check`; with `--only-look` says what is missing, for commands that ask a running stack. Plain JavaScript without dependencies, because it runs before there are any,
 * on whatever Node (20 or later) the machine has.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(fileURLToPath(new URL('..', import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const LOCKFILE = join(ROOT, 'package-lock.json');
// npm writes it as an install's last step, so an interrupted install leaves none.
const INSTALLED = join(MODULES, '.package-lock.json');
const OWN_NODE = join(MODULES, 'node', 'bin', 'node');
const OLDEST_NODE = 20;

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}

/** Why nothing can run, or null. */
function reasonToWait() {
  if (!existsSync(MODULES)) return 'node_modules is missing';
  return existsSync(INSTALLED) ? null : 'the last install did not finish';
}

/** Why an install is needed, or null. */
function reasonToInstall() {
  const unusable = reasonToWait();
  if (unusable) return unusable;
  if (statSync(INSTALLED).mtimeMs < statSync(LOCKFILE).mtimeMs) {
    return 'package-lock.json is newer than node_modules';
  }
  return null;
}

function isInsideModules(path) {
  return !relative(MODULES, path).startsWith('..');
}

/**
 * The environment for npm: without this project's own `.bin` on the PATH, since the install
 * replaces the very Node that lies there, and without what the surrounding npm says of its script.
 */
function environmentForNpm() {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (/^npm_(lifecycle|package|command|node_execpath|execpath)/.test(name)) delete env[name];
  }
  const folders = (process.env.PATH ?? '').split(delimiter);
  env.PATH = folders
    .filter((folder) => folder && !isInsideModules(resolve(folder)))
    .join(delimiter);
  return env;
}

function findOnPath(program, path) {
  return path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}

/** Program and leading arguments that run npm with a Node outside this project. */
function npmCommand(env) {
  const script = process.env.npm_execpath;
  if (script && basename(script) === 'npm-cli.js' && !isInsideModules(script)) {
    return [findOnPath('node', env.PATH) ?? process.execPath, script];
  }
  const npm = findOnPath('npm', env.PATH);
  if (!npm) fail('npm is not on the PATH; install Node 20 or later together with npm');
  return [npm];
}

/** `npm ci` would empty the folder that a link leads to, which another checkout may use. */
function refuseLink(reason) {
  if (!lstatSync(MODULES, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const target = existsSync(MODULES) ? realpathSync(MODULES) : 'nothing';
  fail(`${reason}, but node_modules is a link to ${target}; remove the link, and run this again`);
}

function install(reason) {
  console.log(`setup: ${reason}; running npm ci (a minute or so) …`);
  const env = environmentForNpm();
  const [program, ...args] = npmCommand(env);
  // A NODE_ENV=production or --ignore-scripts from outside would leave out the project's own Node.
  const wanted = ['ci', '--include=dev', '--include=optional', '--ignore-scripts=false'];
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const done = spawnSync(program, [...args, ...wanted, ...quiet], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (done.error) fail(`npm could not be started: ${done.error.message}`);
  if (done.signal) fail(`npm ci was interrupted by ${done.signal}; run the command again`);
  if (done.status !== 0) fail(`npm ci failed with exit code ${done.status}; its message is above`);
}

/** An install whose scripts were blocked leaves no Node 24, which nothing later would explain. */
function checkOwnNode() {
  const lockfile = JSON.parse(readFileSync(LOCKFILE, 'utf8'));
  const wanted = lockfile.packages['node_modules/node'].version;
  const answer = spawnSync(OWN_NODE, ['--version'], { encoding: 'utf8' });
  const found = answer.error ? 'missing' : answer.stdout.trim();
  if (found !== `v${wanted}`) {
    fail(`node_modules/node is ${found}, wanted v${wanted}; run: npm rebuild node deno`);
  }
}

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  fail(`Node ${OLDEST_NODE} or later is needed, this is ${process.version}`);
}
const onlyLooks = process.argv.includes('--only-look');
const reason = onlyLooks ? reasonToWait() : reasonToInstall();
if (reason && onlyLooks) {
  fail(`${reason}, so nothing can run yet; wait for the "npm start" under way, or run it`);
}
if (reason) {
  refuseLink(reason);
  install(reason);
  checkOwnNode();
}
