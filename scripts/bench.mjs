/**
 * `npm run bench -- token|events|start|catalog|interface`: ratios measured side by side in one run. Without a name: all of them.
 * What follows `catalog` are rows of its table (`catalog crawl pages`). `--small` sees quickly that a benchmark works,
 * `--full` and `--hour` are for the catalog.
 */
import { join } from 'node:path';
import { installPackages } from './lib/install.mjs';
import { must, run, runTied } from './lib/run.mjs';

const FILES = {
  token: 'token.ts',
  events: 'events.ts',
  start: 'start.ts',
  catalog: 'catalog.ts',
  interface: 'interface.ts',
};
const NAMES = Object.keys(FILES);
const given = process.argv.slice(2);
const options = given.filter((each) => each.startsWith('--'));
const words = given.filter((each) => !each.startsWith('--'));
const rowsFrom = words.indexOf('catalog') + 1;
const [chosen, rows] = rowsFrom === 0 ? [words, []] : [words.slice(0, rowsFrom), words.slice(rowsFrom)];
const unknown = chosen.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`No benchmark ${unknown.join(', ')}: choose of ${NAMES.join(', ')}.\n`);
  process.exit(64);
}
installPackages();
must(run(process.execPath, ['scripts/build.mjs']));
for (const name of chosen.length > 0 ? chosen : NAMES) {
  const file = join('test', 'bench', FILES[name]);
  process.stdout.write(`\nbench: ${name}\n`);
  must(runTied(process.execPath, ['--import', 'tsx', file, ...(name === 'catalog' ? rows : []), ...options]));
}
