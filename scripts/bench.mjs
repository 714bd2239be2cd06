/** `npm run bench -- token|events|start`: ratios measured side by side in one run. Without a name: all of them. */
import { join } from 'node:path';
import { installPackages } from './lib/install.mjs';
import { must, run } from './lib/run.mjs';

const FILES = { token: 'token.ts', events: 'events.bench.ts', start: 'start.ts' };
const NAMES = Object.keys(FILES);
const chosen = process.argv.slice(2);
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
  must(run(process.execPath, ['--import', 'tsx', file]));
}
