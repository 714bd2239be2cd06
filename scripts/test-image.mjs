/**
 * `npm run test:image`: builds the Dockerfile and runs docker-compose.yml, both unchanged, on a real Docker Engine; then the
 * layout of the old guide: a key of root's, mode 0600, on a read-only mount, and a data folder that root made.
 */
import { rmSync } from 'node:fs';
import { allInOneWalk } from './lib/image-all-in-one.mjs';
import { composeWalk } from './lib/image-compose.mjs';
import { buildImage, hasEngine, reportSize } from './lib/image-engine.mjs';
import { oldGuideWalk } from './lib/image-old-guide.mjs';
import { step, workFolder } from './lib/image-steps.mjs';
import { installPackages } from './lib/install.mjs';

if (!hasEngine()) {
  process.stderr.write('test:image: no Docker Engine is reachable (DOCKER_HOST).\n');
  process.exit(process.env.CI === 'true' ? 1 : 0);
}
installPackages();
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
