/**
 * `npm run bench -- token|events|start|catalog|interface`: ratios measured side by side in one run. Without a name: all of them.
 * What follows `catalog` is for it alone: the lines of its table (`catalog crawl pages`), `--full`, `--hour`.
 */
import { join } from 'node:path';
import { installPackages } from './lib/install.mjs';
import { must, run, runTied } from './lib/run.mjs';

const FILES = {
  token: 'token.ts',
  events: 'events.bench.ts',
  start: 'start.ts',
  catalog: 'catalog.ts',
  interface: 'interface.ts',
};
const NAMES = Object.keys(FILES);
const given = process.argv.slice(2);
const ownFrom = given.indexOf('catalog') + 1;
const [chosen, own] = ownFrom === 0 ? [given, []] : [given.slice(0, ownFrom), given.slice(ownFrom)];
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
  must(runTied(process.execPath, ['--import', 'tsx', file, ...(name === 'catalog' ? own : [])]));
}
