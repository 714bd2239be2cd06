/** As the old guides say: conf mounted read-only with root's key of mode 0600, a data folder that root made, registry 2. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, composeOf, docker, expectUnprivileged, healthy, IMAGE, logsOf, setupCode } from './image-engine.mjs';
import { ADMIN_PASSWORD, setUpAdmin } from './image-people.mjs';
import { eventually, expect, step } from './image-steps.mjs';
import { answers, ORIGIN, peopleWalk, restartedWalk } from './image-walk.mjs';
import { read } from './run.mjs';

const NAME = 'registry-web-old-guide';

const OUR_CONFIG = `registry:
   url: http://registry:5000/v2
   name: registry:5000
   readonly: false
   auth:
     enabled: true
     key: /conf/auth.key
     issuer: test
`;

const REGISTRY_CONFIG = `version: 0.1
storage:
  filesystem:
    rootdirectory: /var/lib/registry
  delete:
    enabled: true
http:
  addr: 0.0.0.0:5000
auth:
  token:
    realm: http://localhost:8090/api/auth
    service: registry:5000
    issuer: test
    rootcertbundle: /etc/docker/registry/auth.cert
notifications:
  endpoints:
    - name: docker-registry-web
      url: http://registry-web:8080/api/notification
      timeout: 1s
      threshold: 5
      backoff: 1s
`;

// The guide's, with nothing changed but the name of the image.
const COMPOSE = `version: "2"
services:
  registry-web:
    image: ${IMAGE}
    ports: ["127.0.0.1:8090:8080"]
    volumes: ["./conf:/conf:ro", "./db:/data"]
  registry:
    image: registry:2
    ports: ["127.0.0.1:5000:5000"]
    volumes:
      - ./registry.yml:/etc/docker/registry/config.yml:ro
      - ./conf/auth.cert:/etc/docker/registry/auth.cert:ro
      - images:/var/lib/registry
volumes: { images: {} }
`;

const asRoot = (folder, ...command) =>
  docker('run', '--rm', '--network', 'none', '--user', '0', '-v', `${folder}:/work`, IMAGE, ...command);

function writeGuide(folder) {
  const conf = join(folder, 'conf');
  const key = join(conf, 'auth.key');
  const data = join(folder, 'db');
  for (const path of [conf, data]) mkdirSync(path);
  writeFileSync(join(conf, 'config.yml'), OUR_CONFIG);
  writeFileSync(join(folder, 'registry.yml'), REGISTRY_CONFIG);
  writeFileSync(join(folder, 'docker-compose.yml'), COMPOSE);
  const pair = ['-nodes', '-x509', '-subj', '/CN=localhost', '-keyout', key, '-out', join(conf, 'auth.cert')];
  read('openssl', ['req', '-new', '-newkey', 'rsa:4096', '-days', '365', ...pair]);
  for (const path of [folder, conf, data]) chmodSync(path, 0o755);
  chmodSync(key, 0o600);
  // Whoever runs this need not be root; the guide's reader was.
  asRoot(folder, 'chown', '-R', '0:0', '/work/conf', '/work/db');
  return ['-v', `${conf}:/conf:ro`, '-v', `${data}:/data`];
}

export async function oldGuideWalk(parent) {
  const folder = join(parent, 'old-guide');
  mkdirSync(folder);
  const mounts = writeGuide(folder);
  await step('old guide: not as root it says at once what both folders need', () => refusesKeyOfRoot(mounts));
  const compose = composeOf(join(folder, 'docker-compose.yml'), NAME);
  try {
    const web = await step('old guide: starts as root, takes over key and data, drops to its own user', async () => {
      compose('up', '-d');
      const container = compose('ps', '-q', 'registry-web');
      await healthy(container);
      expectUnprivileged(container);
      return container;
    });
    await answers();
    const admin = await setUpAdmin(ORIGIN, await setupCode(web));
    await peopleWalk('old guide', parent, admin);
    await step('old guide: a restart keeps everything', async () => {
      compose('restart');
      await healthy(web);
      await restartedWalk(parent, ADMIN_PASSWORD);
    });
  } catch (error) {
    process.stderr.write(`${compose('logs', '--no-color', '--tail', '60')}\n`);
    throw error;
  } finally {
    compose('down', '-v');
    // Files of user 1000, which whoever runs this may not be.
    asRoot(folder, 'rm', '-rf', '/work/db', '/work/conf');
  }
}

async function refusesKeyOfRoot(mounts) {
  try {
    docker('run', '-d', '--network', 'none', '--user', '1000:1000', '--name', NAME, ...mounts, IMAGE);
    const state = () => docker('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', NAME);
    await eventually('stopped with exit code 78', () => state() === 'exited 78');
    const text = logsOf(NAME);
    const remedies = [
      /folder mounted as \/conf, run: chown 1000 auth\.key/,
      /chown -R 1000:1000 on what is mounted as \/data/,
    ];
    for (const remedy of remedies) expect(remedy.test(text), `${remedy} is not in: ${text}`);
  } finally {
    cleanUp(`docker rm -f -v ${NAME}`);
  }
}
