import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { arePackagesFresh, markPackages } from '../fresh.mjs';
import { must, ROOT, run } from './run.mjs';

/** The packages as the lock file says, with the one native module built for this machine. */
export function installPackages() {
  if (!arePackagesFresh(ROOT)) must(run('npm', ['ci', '--no-audit', '--no-fund']));
  const binary = join(ROOT, 'node_modules', 'better-sqlite3', 'build', 'Release', 'better_sqlite3.node');
  if (!existsSync(binary)) must(run('npm', ['rebuild', 'better-sqlite3', '--foreground-scripts']));
  markPackages(ROOT);
}
