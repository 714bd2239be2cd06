/**
 * The programs that tests run: registries and clients. Each is sought in the tool folder and on the PATH; what can be
 * had without touching the machine (`go install`, an unpacked Debian package) is put into the tool folder once.
 */
import { execFile } from 'node:child_process';
import { access, constants, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './tmp.ts';

export const run = promisify(execFile);

export const REGISTRY_VERSIONS = ['2.8.2', '3.0.0', '3.1.1'] as const;
export type RegistryVersion = (typeof REGISTRY_VERSIONS)[number];

type Source =
  | { readonly kind: 'go'; readonly package: string }
  | { readonly kind: 'unpack'; readonly debian: string; readonly file: string }
  | { readonly kind: 'apt'; readonly debian: string };

const SOURCES = {
  'registry-2.8.2': { kind: 'unpack', debian: 'docker-registry', file: 'usr/bin/docker-registry' },
  'registry-3.0.0': { kind: 'go', package: 'github.com/distribution/distribution/v3/cmd/registry@v3.0.0' },
  'registry-3.1.1': { kind: 'go', package: 'github.com/distribution/distribution/v3/cmd/registry@v3.1.1' },
  crane: { kind: 'go', package: 'github.com/google/go-containerregistry/cmd/crane@v0.22.1' },
  regctl: { kind: 'go', package: 'github.com/regclient/regclient/cmd/regctl@v0.11.7' },
  helm: { kind: 'go', package: 'helm.sh/helm/v3/cmd/helm@v3.18.6' },
  oras: { kind: 'go', package: 'oras.land/oras/cmd/oras@v1.3.6' },
  skopeo: { kind: 'apt', debian: 'skopeo' },
  podman: { kind: 'apt', debian: 'podman' },
  buildah: { kind: 'apt', debian: 'buildah' },
  chromium: { kind: 'apt', debian: 'chromium' },
  nginx: { kind: 'apt', debian: 'nginx' },
  postgres: { kind: 'apt', debian: 'postgresql-15' },
} as const satisfies Record<string, Source>;

/** Debian keeps them off the PATH. */
export const POSTGRES_FOLDER = '/usr/lib/postgresql/15/bin';

export type Tool = keyof typeof SOURCES;
export const TOOLS = Object.keys(SOURCES) as readonly Tool[];

export const toolFolder = process.env['REGISTRY_WEB_TOOLS'] ?? join(homedir(), '.cache', 'registry-web-test');

/** With CI=true what is missing is a failure: a skipped test there would be a green light nobody earned. */
export const isMissingAllowed = process.env['CI'] !== 'true';

/** Path of the program, or undefined where the machine has none. Installs nothing. */
export async function findTool(tool: Tool): Promise<string | undefined> {
  const own = join(toolFolder, tool);
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), POSTGRES_FOLDER];
  const onPath = folders.map((folder) => join(folder, tool));
  for (const path of [own, ...onPath]) if (await isExecutable(path)) return path;
  return undefined;
}

/**
 * The programs by name, or the reason a test gives for skipping.
 * @throws when one is missing and CI is true.
 */
export async function requireTools<Name extends Tool>(
  ...names: readonly Name[]
): Promise<{ readonly skip: false | string; readonly paths: Readonly<Record<Name, string>> }> {
  const found = await Promise.all(names.map(async (name) => [name, await findTool(name)] as const));
  const missing = found.filter(([, path]) => path === undefined).map(([name]) => name);
  const paths = Object.fromEntries(found) as Record<Name, string>;
  if (missing.length === 0) return { skip: false, paths };
  const reason = `${missing.join(', ')} not installed: node --import tsx test/support/process/install-tools.ts`;
  if (!isMissingAllowed) throw new Error(reason);
  return { skip: reason, paths };
}

/** Whether a Docker Engine answers; with CI=true one has to. */
export async function requireEngine(): Promise<boolean> {
  const answers = await run('docker', ['version', '--format', '{{.Server.Version}}']).then(
    () => true,
    () => false,
  );
  if (!answers && !isMissingAllowed) throw new Error('No Docker Engine is reachable (DOCKER_HOST)');
  return answers;
}

/** Gets the program where this machine can; answers how it went. */
export async function installTool(tool: Tool): Promise<'present' | 'installed'> {
  if ((await findTool(tool)) !== undefined) return 'present';
  await mkdir(toolFolder, { recursive: true });
  const source: Source = SOURCES[tool];
  if (source.kind === 'go') await installWithGo(tool, source.package);
  else if (source.kind === 'unpack') await unpackDebian(tool, source.debian, source.file);
  else await installDebian(source.debian);
  return 'installed';
}

async function installWithGo(tool: Tool, goPackage: string): Promise<void> {
  const folder = await temporaryFolder('go');
  try {
    const env = { ...process.env, GOBIN: folder.path, CGO_ENABLED: '0' };
    await run('go', ['install', goPackage], { cwd: tmpdir(), env, maxBuffer: 1 << 26 });
    const [name] = await readdir(folder.path);
    if (name === undefined) throw new Error(`go install ${goPackage} made nothing`);
    await moveIn(join(folder.path, name), tool);
  } finally {
    await folder.remove();
  }
}

/** Unpacked, not installed: installing the package would start a registry on port 5000. */
async function unpackDebian(tool: Tool, debian: string, file: string): Promise<void> {
  const folder = await temporaryFolder('deb');
  try {
    await run('apt-get', ['download', '-qq', debian], { cwd: folder.path });
    const archive = (await readdir(folder.path)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error(`apt-get download ${debian} brought nothing`);
    await run('dpkg-deb', ['-x', archive, 'tree'], { cwd: folder.path });
    const binary = join(folder.path, 'tree', file);
    const { stdout } = await run(binary, ['--version']);
    if (!stdout.includes(tool.split('-')[1] ?? '')) throw new Error(`${debian} is ${stdout.trim()}, not ${tool}`);
    await moveIn(binary, tool);
  } finally {
    await folder.remove();
  }
}

async function installDebian(debian: string): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error(`needs root: apt-get install ${debian}`);
  // At that run level a package's own service is not started.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await run('apt-get', ['update', '-qq'], { env });
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', debian], { env, maxBuffer: 1 << 26 });
}

/** The temporary folder may be another file system, so: copy beside the goal, then rename, so that nobody sees half a file. */
async function moveIn(from: string, tool: Tool): Promise<void> {
  const to = join(toolFolder, tool);
  await run('cp', [from, `${to}.new`]);
  await run('chmod', ['755', `${to}.new`]);
  await rename(`${to}.new`, to);
  await rm(from, { force: true });
}

async function isExecutable(path: string): Promise<boolean> {
  if (dirname(path) === '.') return false;
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
