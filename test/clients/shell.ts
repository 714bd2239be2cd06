/** Runs one client for one person: every person has a home of their own, so that their credentials do not meet. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface Outcome {
  readonly ok: boolean;
  /** stdout and stderr together. */
  readonly text: string;
  /** What was run, for the message of a failing test. */
  readonly command: string;
}

export interface Shell {
  readonly home: string;
  /** Short, because podman refuses more than 50 characters. */
  readonly runFolder: string;
  run(args: readonly string[], options?: { readonly input?: string }): Promise<Outcome>;
}

export async function createShell(tool: string, folder: string, person: string): Promise<Shell> {
  const home = join(folder, 'home', person);
  const runFolder = join(folder, person);
  await mkdir(join(home, '.docker'), { recursive: true });
  await mkdir(runFolder, { recursive: true });
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    DOCKER_CONFIG: join(home, '.docker'),
    ...(process.env['DOCKER_HOST'] === undefined ? {} : { DOCKER_HOST: process.env['DOCKER_HOST'] }),
    REGISTRY_AUTH_FILE: join(home, 'auth.json'),
    XDG_RUNTIME_DIR: runFolder,
    BUILDAH_ISOLATION: 'chroot',
    TMPDIR: folder,
  };
  return {
    home,
    runFolder,
    run: (args, { input } = {}) =>
      new Promise((resolve) => {
        const command = `${tool} ${args.join(' ')}`;
        const child = execFile(tool, args, { env, cwd: folder, timeout: 60_000 }, (error, stdout, stderr) =>
          resolve({ ok: error === null, text: `${stdout}${stderr}`, command }),
        );
        child.stdin?.on('error', () => undefined);
        child.stdin?.end(input ?? '');
      }),
  };
}
