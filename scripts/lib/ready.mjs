/** Before anything starts: the right Node.js, the packages, the bundle. Each is looked at cheaply and made once. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { arePackagesFresh, isBundleFresh, markBundle, markPackages, sourceStamp } from '../fresh.mjs';
import { ROOT } from './run.mjs';

const MIN_NODE = [20, 19];

function stop(reason, code) {
  process.stderr.write(`Registry Web cannot start: ${reason}\n`);
  process.exit(code);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  stop(
    `it needs Node.js ${MIN_NODE.join('.')} or newer, and this is ${process.versions.node} (https://nodejs.org)`,
    78,
  );
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function install() {
  if (arePackagesFresh(ROOT)) return markPackages(ROOT);
  say('Installing the packages (once, this takes a minute) …');
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) stop('the packages could not be installed: npm says why above', 75);
  markPackages(ROOT);
}

/** In a process of its own: what the build tools need of memory goes with them. */
function build() {
  const stamp = sourceStamp(ROOT);
  say('Building …');
  const result = spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) stop('the build failed: it says why above', 70);
  markBundle(ROOT, stamp);
}

/** Ends the process with a sentence when something cannot be had. */
export function ready() {
  checkNode();
  install();
  if (!isBundleFresh(ROOT)) build();
}
