/**
 * `npm run test:image`: builds the Dockerfile and runs docker-compose.yml, both unchanged, on a real Docker Engine; then the
 * layout of the old guide: a key of root's, mode 0600, on a read-only mount, and a data folder that root made; then one
 * container alone. In each, people sign in, push, pull and are refused with the engine's own docker. Needs no packages.
 */
import { rmSync } from 'node:fs';
import { allInOneWalk } from './lib/image-all-in-one.mjs';
import { composeWalk } from './lib/image-compose.mjs';
import { buildImage, hasEngine, reportSize } from './lib/image-engine.mjs';
import { oldGuideWalk } from './lib/image-old-guide.mjs';
import { step, workFolder } from './lib/image-steps.mjs';

if (!hasEngine()) {
  const isFailure = process.env.CI === 'true';
  const outcome = isFailure ? 'which CI=true demands' : 'so nothing is tested';
  process.stderr.write(`test:image: no Docker Engine is reachable (DOCKER_HOST), ${outcome}.\n`);
  process.exit(isFailure ? 1 : 0);
}
const folder = workFolder();
try {
  await step('the Dockerfile builds', buildImage);
  reportSize();
  await composeWalk(folder);
  await oldGuideWalk(folder);
  await allInOneWalk(folder);
  process.stdout.write('test:image: all good\n');
} catch (error) {
  process.stderr.write(`test:image: ${error.stack ?? error}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
