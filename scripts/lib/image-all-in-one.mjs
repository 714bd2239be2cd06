/** One container alone is a registry with everything: the binary inside is started and supervised. */
import { cleanUp, docker, expectUnprivileged, healthy, IMAGE, logsOf } from './image-engine.mjs';
import { ADMIN_PASSWORD, signIn } from './image-people.mjs';
import { step } from './image-steps.mjs';
import { answers, ORIGIN, peopleWalk, restartedWalk } from './image-walk.mjs';

const NAME = 'registry-web-all-in-one';
// Without capabilities root could not become another user, so the container begins as the one it needs.
const CONFINED = [
  ...['--user', '1000:1000', '--read-only', '--tmpfs', '/tmp'],
  ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
];
const PORTS = ['-p', '127.0.0.1:5000:5000', '-p', '127.0.0.1:8090:8080'];
const SETTINGS = ['-e', `SERVER_PUBLIC_URL=${ORIGIN}`, '-e', `ADMIN_PASSWORD=${ADMIN_PASSWORD}`];

export async function allInOneWalk(folder) {
  // A network of its own: not every engine has the default bridge.
  docker('network', 'create', NAME);
  try {
    await step('all in one: one container, the registry inside answers and demands a token', async () => {
      docker('run', '-d', '--name', NAME, '--network', NAME, ...CONFINED, ...PORTS, ...SETTINGS, IMAGE);
      await healthy(NAME);
      await answers();
      expectUnprivileged(NAME);
    });
    await peopleWalk('all in one', folder, await signIn(ORIGIN, 'admin', ADMIN_PASSWORD));
    await step('all in one: a restart keeps everything', async () => {
      docker('restart', NAME);
      await restartedWalk(folder, ADMIN_PASSWORD);
    });
  } catch (error) {
    process.stderr.write(`${logsOf(NAME).split('\n').slice(-60).join('\n')}\n`);
    throw error;
  } finally {
    cleanUp(`docker rm -f -v ${NAME}; docker network rm ${NAME}`);
  }
}
