/** docker-compose.yml as it is: sign in, push, pull, the event on the page, and everything still there after a restart. */
import { join } from 'node:path';
import { createBrowser } from './image-browser.mjs';
import { compose, docker } from './image-engine.mjs';
import { eventually, expect, step } from './image-steps.mjs';
import { ROOT, read } from './run.mjs';

const PASSWORD = 'image-test-password-1';
const ORIGIN = 'http://localhost:8090';
const IMAGE_HERE = 'localhost:5000/team/hello:v1';

export async function composeWalk(folder) {
  const env = { ADMIN_PASSWORD: PASSWORD, COMPOSE_PROJECT_NAME: 'registry-web-test', DOCKER_CONFIG: folder };
  const up = () => compose(env, '-f', join(ROOT, 'docker-compose.yml'), 'up', '-d', '--no-build');
  const inspect = (format) => docker('inspect', '--format', format, compose(env, 'ps', '-q', 'registry-web'));
  const dockerAs = (args, input) => read('docker', args, { env: { ...process.env, ...env }, input });
  try {
    await step('compose: both services start, the health check is green', async () => {
      up();
      await eventually('healthy', () => inspect('{{.State.Health.Status}}') === 'healthy');
      await eventually('the registry answers', async () => (await fetch('http://localhost:5000/v2/')).status === 401);
    });
    await step('compose: not root, root read-only, no capabilities', () => {
      expect(inspect('{{.Config.User}}') === '1000:1000', 'runs as another user');
      expect(
        inspect('{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}') === 'true [ALL]',
        'has rights it needs not',
      );
    });
    await step('compose: docker login, push, pull', async () => {
      dockerAs(['login', '-u', 'admin', '--password-stdin', 'localhost:5000'], PASSWORD);
      docker('tag', 'registry:3', IMAGE_HERE);
      dockerAs(['push', IMAGE_HERE]);
      docker('rmi', IMAGE_HERE);
      dockerAs(['pull', IMAGE_HERE]);
    });
    await step('compose: a wrong password is refused', () => {
      let message = '';
      try {
        dockerAs(['login', '-u', 'admin', '--password-stdin', 'localhost:5000'], 'wrong-password');
      } catch (error) {
        message = error.message;
      }
      expect(/unauthorized/i.test(message), `the login said: ${message}`);
    });
    await step('compose: the push is on the pages', () => isOnThePages());
    await step('compose: a new start keeps everything', async () => {
      compose(env, '-f', join(ROOT, 'docker-compose.yml'), 'down');
      up();
      await eventually('healthy', () => inspect('{{.State.Health.Status}}') === 'healthy');
      await isOnThePages();
      await eventually('pull', () => dockerAs(['pull', IMAGE_HERE]) !== '');
    });
  } catch (error) {
    process.stderr.write(`${compose(env, 'logs', '--no-color', '--tail', '60')}\n`);
    throw error;
  } finally {
    compose(env, '-f', join(ROOT, 'docker-compose.yml'), 'down', '-v');
  }
}

async function isOnThePages() {
  const browser = createBrowser(ORIGIN);
  await browser.submit('/login', { username: 'admin', password: PASSWORD, next: '/' });
  await eventually('the event', async () => (await browser.get('/events')).text.includes('team/hello'), 15_000);
  const { text } = await browser.get('/repositories/team/hello');
  expect(text.includes('v1') && text.includes('admin'), 'the repository page lacks the tag or who pushed it');
}
