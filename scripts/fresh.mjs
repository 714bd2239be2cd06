/** Tells cheaply whether the installed packages and the bundle still belong to the sources. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['server', 'public', 'views', 'scripts'];
/** Sources of the demo only, which are not part of the bundle. */
const LEFT_OUT = join('scripts', 'demo');
const FILES = ['package.json', 'package-lock.json'];

function hash(text) {
  return createHash('sha256').update(text).digest('hex');
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function filesUnder(folder, leftOut) {
  if (folder === leftOut || !existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path, leftOut) : [path];
  });
}

/** Names, sizes and times: a second start has to answer within a second, so no contents are read. */
export function sourceStamp(root) {
  const files = [
    ...SOURCES.flatMap((folder) => filesUnder(join(root, folder), join(root, LEFT_OUT))),
    ...FILES.map((name) => join(root, name)),
  ];
  const lines = files
    .filter((file) => existsSync(file))
    .map((file) => {
      const { size, mtimeMs } = statSync(file);
      return `${file} ${size} ${mtimeMs}`;
    });
  return hash(lines.sort().join('\n'));
}

const packagesStamp = (root) => join(root, 'node_modules', '.registry-web-stamp');
const bundleStamp = (root) => join(root, 'dist', '.stamp');

export function arePackagesFresh(root) {
  const lock = read(join(root, 'package-lock.json'));
  if (read(packagesStamp(root)) === hash(`${lock}${process.versions.modules}`)) return true;
  return isSameTree(lock, read(join(root, 'node_modules', '.package-lock.json')));
}

/** Packages that were installed by hand count too, if their versions match. */
function isSameTree(lockText, installedText) {
  if (lockText === '' || installedText === '') return false;
  const installed = JSON.parse(installedText).packages;
  const wanted = Object.entries(JSON.parse(lockText).packages).filter(
    ([path, entry]) => path !== '' && !entry.optional,
  );
  return wanted.every(([path, { version }]) => installed[path]?.version === version);
}

export function markPackages(root) {
  const lock = read(join(root, 'package-lock.json'));
  writeFileSync(packagesStamp(root), hash(`${lock}${process.versions.modules}`));
}

export function isBundleFresh(root) {
  return existsSync(join(root, 'dist', 'main.js')) && read(bundleStamp(root)) === sourceStamp(root);
}

/** @param stamp taken before the build: what changes while it runs is built next time. */
export function markBundle(root, stamp) {
  writeFileSync(bundleStamp(root), stamp);
}
