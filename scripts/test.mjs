/**
 * `npm test [-- FILE …]`: gets everything the tests need, then runs all of them, or those named. Ends with the runner's summary.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { markBundle, sourceStamp } from './fresh.mjs';
import { installPackages } from './lib/install.mjs';
import { must, ROOT, run, runTied } from './lib/run.mjs';

// The runner begins files in the order of their paths, whatever order they are given in. That suits: the walks of browsers and
// clients take longest, and many short unit tests fill both cores at the end.
const SUITES = ['browser', 'clients', 'integration', 'unit'];
// For a whole file, too: the longest walks take minutes, and three times as long on a slow day.
const TIMEOUT_MS = 1_200_000;

function testFiles() {
  return SUITES.flatMap((suite) =>
    readdirSync(join(ROOT, 'test', suite), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .sort()
      .map((file) => join('test', suite, file)),
  );
}

installPackages();
// Pages name the built style sheet, and passwords are hashed by the built worker.
const stamp = sourceStamp(ROOT);
must(run(process.execPath, ['scripts/build.mjs']));
// Tests that start the bundle must not rebuild it while others use it.
markBundle(ROOT, stamp);
must(run(process.execPath, ['--import', 'tsx', 'test/support/process/install-tools.ts']));
const named = process.argv.slice(2);
const files = named.length > 0 ? named : testFiles();
const options = ['--import', 'tsx', '--test', '--test-reporter=spec', `--test-timeout=${TIMEOUT_MS}`];
const concurrency = `--test-concurrency=${Math.max(2, Math.min(4, availableParallelism()))}`;
process.exitCode = runTied(process.execPath, [...options, concurrency, ...files]);
