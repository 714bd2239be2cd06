/** What each client can do, and how it is told to. A new client is a new entry. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tool } from '../support/process/tools.ts';
import { writeChart } from './sample.ts';
import type { Outcome, Shell } from './shell.ts';

export interface Place {
  /** `localhost:PORT` */
  readonly host: string;
  /** OCI layout with the tag v1. */
  readonly layout: string;
  readonly folder: string;
}

type Act = (shell: Shell, place: Place, ...rest: readonly string[]) => Promise<Outcome>;

export interface Client {
  readonly tool: Tool | 'docker';
  readonly login: (shell: Shell, place: Place, username: string, password: string) => Promise<Outcome>;
  /** Puts the sample to `repository:v1`. */
  readonly push: (shell: Shell, place: Place, repository: string) => Promise<Outcome>;
  readonly pull: (shell: Shell, place: Place, repository: string) => Promise<Outcome>;
  readonly catalog?: (shell: Shell, place: Place) => Promise<Outcome>;
  /** Copies from one repository into another; the registry mounts the blobs. */
  readonly mount?: (shell: Shell, place: Place, from: string, to: string) => Promise<Outcome>;
  readonly remove?: (shell: Shell, place: Place, repository: string) => Promise<Outcome>;
  /** Puts something that is no image to `repository`. */
  readonly artifact?: (shell: Shell, place: Place, repository: string) => Promise<Outcome>;
}

/** One after the other until one fails. */
async function inTurn(...steps: readonly (() => Promise<Outcome>)[]): Promise<Outcome> {
  let outcome: Outcome = { ok: true, text: '', command: '' };
  for (const step of steps) {
    outcome = await step();
    if (!outcome.ok) break;
  }
  return outcome;
}

const skopeo: Client = {
  tool: 'skopeo',
  login: (shell, { host }, username, password) =>
    shell.run(['login', '--tls-verify=false', '-u', username, '--password-stdin', host], { input: password }),
  push: (shell, { host, layout }, repository) =>
    shell.run(['copy', '--dest-tls-verify=false', `oci:${layout}:v1`, `docker://${host}/${repository}:v1`]),
  pull: (shell, { host, folder }, repository) =>
    shell.run([
      'copy',
      '--src-tls-verify=false',
      `docker://${host}/${repository}:v1`,
      `dir:${join(folder, 'skopeo-pull')}`,
    ]),
  mount: (shell, { host }, from, to) =>
    shell.run([
      'copy',
      '--src-tls-verify=false',
      '--dest-tls-verify=false',
      `docker://${host}/${from}:v1`,
      `docker://${host}/${to}:v1`,
    ]),
  remove: (shell, { host }, repository) =>
    shell.run(['delete', '--tls-verify=false', `docker://${host}/${repository}:v1`]),
};

/** Storage of its own, and no overlay: that needs more rights than a test has. */
const storage = (shell: Shell) => [
  '--root',
  join(shell.home, 'storage'),
  '--runroot',
  shell.runFolder,
  '--storage-driver',
  'vfs',
];

// Relative to the working folder: these two make a repository name of the path, which takes no capitals.
const LAYOUT_HERE = 'oci:layout:v1';

const loginWithPodman: Client['login'] = (shell, { host }, username, password) =>
  shell.run([...storage(shell), 'login', '--tls-verify=false', '-u', username, '--password-stdin', host], {
    input: password,
  });

const podman: Client = {
  tool: 'podman',
  login: loginWithPodman,
  push: (shell, { host }, repository) =>
    inTurn(
      () => shell.run([...storage(shell), 'pull', '-q', LAYOUT_HERE]),
      async () => {
        const { text } = await shell.run([...storage(shell), 'images', '-q', '--no-trunc']);
        const id = text.trim().split('\n')[0] ?? '';
        return shell.run([...storage(shell), 'push', '--tls-verify=false', id, `docker://${host}/${repository}:v1`]);
      },
    ),
  pull: (shell, { host }, repository) =>
    shell.run([...storage(shell), 'pull', '--tls-verify=false', `${host}/${repository}:v1`]),
  catalog: (shell, { host }) =>
    shell.run([...storage(shell), 'search', '--tls-verify=false', '--limit', '100', `${host}/`]),
};

const buildah: Client = {
  tool: 'buildah',
  login: loginWithPodman,
  push: (shell, { host }, repository) =>
    inTurn(
      () => shell.run([...storage(shell), 'pull', '-q', LAYOUT_HERE]),
      async () => {
        const { text } = await shell.run([...storage(shell), 'images', '-q', '--no-trunc']);
        const id = text.trim().split('\n')[0]?.replace('sha256:', '') ?? '';
        return shell.run([...storage(shell), 'push', '--tls-verify=false', id, `docker://${host}/${repository}:v1`]);
      },
    ),
  pull: (shell, { host }, repository) =>
    shell.run([...storage(shell), 'pull', '--policy=always', '--tls-verify=false', `${host}/${repository}:v1`]),
};

const crane: Client = {
  tool: 'crane',
  // crane only writes the credentials down; the first request shows whether the token server takes them.
  login: (shell, { host }, username, password) =>
    inTurn(
      () => shell.run(['auth', 'login', host, '-u', username, '--password-stdin'], { input: password }),
      () => shell.run(['ls', `${host}/team/unknown`]),
    ).then((outcome) => ({ ...outcome, ok: !outcome.text.includes('/api/auth') })),
  push: (shell, { host, layout }, repository) => shell.run(['push', layout, `${host}/${repository}:v1`]),
  pull: (shell, { host, folder }, repository) =>
    shell.run(['pull', `${host}/${repository}:v1`, join(folder, 'crane-pull.tar')]),
  catalog: (shell, { host }) => shell.run(['catalog', host]),
  mount: (shell, { host }, from, to) => shell.run(['copy', `${host}/${from}:v1`, `${host}/${to}:v1`]),
  remove: async (shell, { host }, repository) => {
    // Registry 2 deletes by digest only.
    const { text } = await shell.run(['digest', `${host}/${repository}:v1`]);
    return shell.run(['delete', `${host}/${repository}@${text.trim()}`]);
  },
};

const plain: Act = (shell, { host }) => shell.run(['registry', 'set', host, '--tls', 'disabled', '--skip-check']);

const regctl: Client = {
  tool: 'regctl',
  login: (shell, place, username, password) =>
    inTurn(
      () => plain(shell, place),
      () => shell.run(['registry', 'login', place.host, '-u', username, '--pass-stdin'], { input: password }),
    ),
  push: (shell, place, repository) =>
    inTurn(
      () => plain(shell, place),
      () => shell.run(['image', 'copy', `ocidir://${place.layout}:v1`, `${place.host}/${repository}:v1`]),
    ),
  pull: (shell, place, repository) =>
    inTurn(
      () => plain(shell, place),
      () =>
        shell.run([
          'image',
          'copy',
          `${place.host}/${repository}:v1`,
          `ocidir://${join(place.folder, 'regctl-pull')}:v1`,
        ]),
    ),
  catalog: (shell, { host }) => shell.run(['repo', 'ls', host]),
  mount: (shell, { host }, from, to) => shell.run(['image', 'copy', `${host}/${from}:v1`, `${host}/${to}:v1`]),
  remove: (shell, { host }, repository) => shell.run(['tag', 'rm', `${host}/${repository}:v1`]),
  artifact: (shell, { host }, repository) =>
    shell.run(['artifact', 'put', '--artifact-type', 'application/vnd.test.note', `${host}/${repository}:note`], {
      input: 'a note',
    }),
};

/** helm names the repository after the chart, so its repository is a folder plus the chart's name. */
async function pushChart(shell: Shell, { host, folder }: Place, repository: string): Promise<Outcome> {
  const name = repository.split('/').at(-1) ?? '';
  const parent = repository.split('/').slice(0, -1).join('/');
  const chart = join(folder, `chart-${name}`);
  await writeChart(chart, name);
  return inTurn(
    () => shell.run(['package', chart, '-d', folder]),
    () => shell.run(['push', join(folder, `${name}-1.0.0.tgz`), `oci://${host}/${parent}`, '--plain-http']),
  );
}

const helm: Client = {
  tool: 'helm',
  login: (shell, { host }, username, password) =>
    shell.run(['registry', 'login', host, '-u', username, '--password-stdin', '--plain-http'], { input: password }),
  push: pushChart,
  pull: (shell, { host, folder }, repository) =>
    shell.run([
      'pull',
      `oci://${host}/${repository}`,
      '--version',
      '1.0.0',
      '-d',
      join(folder, 'helm-pull'),
      '--plain-http',
    ]),
  artifact: pushChart,
};

const oras: Client = {
  tool: 'oras',
  login: (shell, { host }, username, password) =>
    shell.run(['login', '--plain-http', '-u', username, '--password-stdin', host], { input: password }),
  push: (shell, { host, layout }, repository) =>
    shell.run(['cp', '--from-oci-layout', `${layout}:v1`, '--to-plain-http', `${host}/${repository}:v1`]),
  pull: (shell, { host, folder }, repository) =>
    shell.run(['pull', '--plain-http', '-o', join(folder, 'oras-pull'), `${host}/${repository}:v1`]),
  catalog: (shell, { host }) => shell.run(['repo', 'ls', '--plain-http', host]),
  mount: (shell, { host }, from, to) =>
    shell.run(['cp', '--from-plain-http', '--to-plain-http', `${host}/${from}:v1`, `${host}/${to}:v1`]),
  remove: async (shell, { host }, repository) => {
    // Registry 2 deletes by digest only.
    const { text } = await shell.run(['resolve', '--plain-http', `${host}/${repository}:v1`]);
    return shell.run(['manifest', 'delete', '--plain-http', '-f', `${host}/${repository}@${text.trim()}`]);
  },
  artifact: async (shell, { host, folder }, repository) => {
    const file = join(folder, 'note.txt');
    await writeFile(file, 'a note');
    const kind = ['--artifact-type', 'application/vnd.test.note', '--disable-path-validation'];
    return shell.run(['push', '--plain-http', ...kind, `${host}/${repository}:note`, `${file}:text/plain`]);
  },
};

// Room for an empty archive: two blocks of zeros end one, whatever comes before.
const EMPTY_TAR = Buffer.alloc(1024);

/** The engine does the work, and trusts plain http on this machine's own addresses only. */
const docker: Client = {
  tool: 'docker',
  login: (shell, { host }, username, password) =>
    shell.run(['login', '-u', username, '--password-stdin', host], { input: password }),
  push: async (shell, { host, folder }, repository) => {
    const archive = join(folder, 'docker.tar');
    await writeFile(archive, EMPTY_TAR);
    const name = `${host}/${repository}:v1`;
    return inTurn(
      () => shell.run(['import', '-c', `LABEL repository=${repository}`, archive, name]),
      () => shell.run(['push', name]),
    );
  },
  pull: async (shell, { host }, repository) => {
    const name = `${host}/${repository}:v1`;
    await shell.run(['rmi', '-f', name]);
    return shell.run(['pull', name]);
  },
};

export const CLIENTS: readonly Client[] = [docker, skopeo, podman, buildah, crane, regctl, helm, oras];
