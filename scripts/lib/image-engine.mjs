import { spawnSync } from 'node:child_process';
import { expect } from './image-steps.mjs';
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
  const own = sizeOf(IMAGE) - sizeOf(process.env.NODE_IMAGE ?? 'node:24-bookworm-slim');
  process.stdout.write(`        image: ${(own / 1e6).toFixed(0)} MB without its base; goal below 250 MB\n`);
}

/** Compose 1.29 or the plugin, whichever the machine has. */
export function compose(env, ...args) {
  const isOld = spawnSync('docker-compose', ['version'], { stdio: 'ignore' }).status === 0;
  const [command, ...first] = isOld ? ['docker-compose'] : ['docker', 'compose'];
  return read(command, [...first, ...args], { env: { ...process.env, ...env } });
}
