/** `npm run check`: types, lint and format, templates, import ladder. All run, so that one look shows everything. */
import { join } from 'node:path';
import { installPackages } from './lib/install.mjs';
import { ROOT, run } from './lib/run.mjs';

const bin = (name) => join(ROOT, 'node_modules', '.bin', name);

installPackages();
const checks = [
  ['types', bin('tsc'), ['-p', '.']],
  ['lint and format', bin('biome'), ['ci', '--error-on-warnings', '.']],
  ['templates', process.execPath, ['scripts/check-templates.mjs']],
  ['import ladder', process.execPath, ['--import', 'tsx', '--test', 'test/unit/architecture.test.ts']],
];
const failed = checks.filter(([name, command, args]) => {
  process.stdout.write(`check: ${name}\n`);
  return run(command, args) !== 0;
});
process.stdout.write(
  failed.length === 0 ? 'check: all good\n' : `check: failed: ${failed.map(([name]) => name).join(', ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
