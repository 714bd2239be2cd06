/** docker-compose.yml as it is: the first admin, people with docker, and everything still there after a restart. */
import { join } from 'node:path';
import { composeOf, docker, expectUnprivileged, healthy, IMAGE, setupCode } from './image-engine.mjs';
import { ADMIN_PASSWORD, setUpAdmin, signIn } from './image-people.mjs';
import { expect, step } from './image-steps.mjs';
import { answers, ORIGIN, peopleWalk, restartedWalk } from './image-walk.mjs';
import { ROOT, read } from './run.mjs';

// The file's own defaults, whatever an `.env` beside it says.
const DEFAULTS = {
  ADMIN_PASSWORD: '',
  BIND: '127.0.0.1',
  PUBLIC_URL: ORIGIN,
  REGISTRY_NAME: 'localhost:5000',
};

export async function composeWalk(folder) {
  const compose = composeOf(join(ROOT, 'docker-compose.yml'), 'registry-web-test', DEFAULTS);
  const container = () => compose('ps', '-q', 'registry-web');
  try {
    await step('compose: the registry waits for us, the health check is green', async () => {
      compose('up', '-d', '--no-build');
      await healthy(container());
      await answers();
    });
    await step('compose: not root, root read-only, no capabilities', () => expectConfined(container()));
    const admin = await step('compose: admin / admin asks for the code in the log, and takes a password', async () =>
      setUpAdmin(ORIGIN, await setupCode(container())),
    );
    await peopleWalk('compose', folder, admin);
    await step('compose: down and up again keeps everything', async () => {
      compose('down');
      compose('up', '-d', '--no-build');
      await restartedWalk(folder, ADMIN_PASSWORD);
    });
    await step('compose: a backup of the volumes brings everything back', async () => {
      backUpAndRestore(compose, folder);
      compose('up', '-d', '--no-build');
      await restartedWalk(folder, ADMIN_PASSWORD);
    });
    await step('compose: a lost admin password is replaced on the machine', () => resetPassword(compose));
  } catch (error) {
    process.stderr.write(`${compose('logs', '--no-color', '--tail', '60')}\n`);
    throw error;
  } finally {
    compose('down', '-v');
  }
}

const VOLUMES = [
  ['registry-web', '/data'],
  ['registry', '/var/lib/registry'],
];

/** The commands of docs/compose-and-upgrade.md. */
function backUpAndRestore(compose, folder) {
  const inVolume = (service, command) => {
    const options = '-i --rm --network none --user 0 --entrypoint tar --volumes-from';
    read('sh', ['-c', `docker run ${options} ${compose('ps', '-aq', service)} ${IMAGE} ${command}`]);
  };
  const archive = (service) => join(folder, `${service}.tgz`);
  compose('stop', 'registry-web');
  for (const [service, path] of VOLUMES) inVolume(service, `-czf - -C ${path} . > ${archive(service)}`);
  compose('down', '-v');
  compose('up', '--no-start', '--no-build');
  for (const [service, path] of VOLUMES) inVolume(service, `-xzf - -C ${path} < ${archive(service)}`);
}

function expectConfined(container) {
  expectUnprivileged(container);
  const rights = docker('inspect', '--format', '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}', container);
  expect(rights === 'true [ALL]', `root read-only, capabilities dropped: ${rights}`);
  const writes = docker('exec', container, 'sh', '-c', 'touch /app/x /conf/x /x 2>&1 || true');
  expect(writes.match(/Read-only file system/g)?.length === 3, `something can be written: ${writes}`);
}

async function resetPassword(compose) {
  const said = compose('exec', '-T', 'registry-web', 'node', 'dist/admin.js', 'reset-password', 'admin');
  const password = /: (\S+)\n/.exec(said)?.[1];
  expect(password !== undefined, `no password in: ${said}`);
  const browser = await signIn(ORIGIN, 'admin', password);
  const own = { password: ADMIN_PASSWORD, repeated: ADMIN_PASSWORD };
  const { status, text } = await browser.submit('/setup-password', own);
  expect(status === 200 && !text.includes('name="repeated"'), 'the new password opens no page');
}
