/** Copies the packages that the bundle leaves outside, and what those need, into FOLDER/node_modules: `runtime-packages.mjs FOLDER`. */
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NOT_BUNDLED } from './build.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
// better-sqlite3 needs these two only to be built, and its sources are nine times its size.
const BUILD_ONLY = new Set(['prebuild-install', 'node-gyp']);
const LEFT_OUT = /(^|\/)(deps|src|test|docs?|benchmark|examples?|obj|obj\.target|\.deps)(\/|$)/;

function copyPackage(name, target, done) {
  const from = join(MODULES, name);
  if (done.has(name) || BUILD_ONLY.has(name) || !existsSync(from)) return;
  done.add(name);
  const isKept = (path) => name !== 'better-sqlite3' || !LEFT_OUT.test(relative(from, path));
  cpSync(from, join(target, 'node_modules', name), { recursive: true, filter: isKept });
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) copyPackage(needed, target, done);
}

const target = process.argv[2];
if (target === undefined) throw new Error('usage: runtime-packages.mjs FOLDER');
mkdirSync(join(target, 'node_modules'), { recursive: true });
const done = new Set();
for (const name of NOT_BUNDLED) copyPackage(name, target, done);
process.stdout.write(`runtime packages: ${[...done].join(' ')}\n`);
