import { spawnSync } from 'node:child_process';
import { eventually, expect } from './image-steps.mjs';
import { read, run } from './run.mjs';

export const IMAGE = 'registry-web';

export const docker = (...args) => read('docker', args);

export function hasEngine() {
  return spawnSync('docker', ['version'], { stdio: 'ignore' }).status === 0;
}

/** `DOCKER_BUILD_NETWORK` and `DOCKER_BUILD_ARGS` (space-separated NAME=value) are for machines behind a mirror. */
export function buildImage() {
  const network = process.env.DOCKER_BUILD_NETWORK;
  const args = (process.env.DOCKER_BUILD_ARGS ?? '').split(' ').filter((arg) => arg !== '');
  const options = [...(network ? ['--network', network] : []), ...args.flatMap((arg) => ['--build-arg', arg])];
  expect(run('docker', ['build', '-q', ...options, '-t', IMAGE, '.']) === 0, 'docker build failed');
}

/** What the image adds to its base, which machines that run Node images have anyway. */
export function reportSize() {
  const sizeOf = (name) => Number(docker('image', 'inspect', '--format', '{{.Size}}', name));
  const own = (sizeOf(IMAGE) - sizeOf(process.env.NODE_IMAGE ?? 'node:24-bookworm-slim')) / 1e6;
  process.stdout.write(`        image: ${own.toFixed(0)} MB without its base; goal below 250 MB\n`);
  expect(own < 250, 'the image is too large');
}

/** @returns compose of this project, in the plugin's form or 1.29, whichever the machine has. */
export function composeOf(file, project, env = {}) {
  const isPlugin = spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0;
  const [command, ...first] = isPlugin ? ['docker', 'compose'] : ['docker-compose'];
  const all = { ...process.env, ...env };
  return (...args) => read(command, [...first, '-f', file, '-p', project, ...args], { env: all });
}

/** @returns the container's health check is green. */
export const healthy = (container) =>
  eventually('healthy', () => docker('inspect', '--format', '{{.State.Health.Status}}', container) === 'healthy');

/** `docker logs` repeats on stderr what came on stderr. */
export const logsOf = (container) => read('sh', ['-c', `docker logs ${container} 2>&1`]);

/** The server gave up root and everything that root may. */
export function expectUnprivileged(container) {
  const status = docker('exec', container, 'cat', '/proc/1/status');
  expect(/^Uid:\s+1000\s+1000\s+1000\s+1000$/m.test(status), 'the server runs as another user');
  expect(/^CapEff:\s+0+$/m.test(status), 'the server has capabilities');
}

/** The one-time code that lets the first admin in. */
export function setupCode(container) {
  return eventually('the one-time code in the log', () => /"code":"([^"]+)"/.exec(logsOf(container))?.[1]);
}

/** For the `finally` of a walk: what is not there cannot be in the way. */
export const cleanUp = (command) => read('sh', ['-c', `${command} >/dev/null 2>&1 || true`]);
