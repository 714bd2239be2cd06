/** The lines that pages offer to copy, given to the tools they are for, as they stand. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pullCommand } from '../../server/web/parts/commands.ts';
import { FORMS, type Tool } from '../../server/web/shell/copy-choice.ts';
import { MEMBER, type Stack, startStack } from '../support/app/app.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';
import { requireTools } from '../support/process/tools.ts';
import { writeImageLayout } from './sample.ts';
import { createShell, type Shell } from './shell.ts';
import { CLIENTS, type Place } from './table.ts';

const COPIED = [
  { tool: 'podman', name: 'team/podman', tag: 'v1' },
  { tool: 'skopeo', name: 'team/skopeo', tag: 'v1' },
  { tool: 'helm', name: 'team/helm', tag: '1.0.0' },
] as const satisfies readonly { tool: Tool; name: string; tag: string }[];

const { skip } = await requireTools('registry-3.1.1');
describe('commands that were copied', { skip }, () => {
  let stack: Stack;
  before(async () => {
    stack = await startStack({ registry: { version: '3.1.1' } });
  });
  after(() => stack?.stop());
  for (const copied of COPIED) describeTool(copied, () => stack);
});

function describeTool({ tool, name, tag }: (typeof COPIED)[number], stackOf: () => Stack): void {
  describe(tool, () => {
    let folder: TemporaryFolder;
    let shell: Shell;
    let host: string;
    let digest: string;
    let missing: string | boolean;

    before(async () => {
      const found = await requireTools(tool);
      missing = found.skip;
      folder = await temporaryFolder(tool);
      if (missing !== false) return;
      host = stackOf().registry.host;
      shell = await createShell(found.paths[tool], folder.path, MEMBER.username);
      digest = await pushed(tool, shell, { host, folder: folder.path, layout: join(folder.path, 'layout') }, name);
    });
    after(() => folder?.remove());

    for (const form of FORMS) {
      test(`by ${form}`, { timeout: 120_000 }, async (context) => {
        if (missing !== false) return context.skip(`${tool} is not here`);
        const line = pullCommand({ host, isPlainHttp: true, tool, form, name, tag, digest });
        const [program, ...words] = line.split(' ');
        assert.equal(program, tool);
        const { ok, text, command } = await shell.run([...storageOf(tool, shell), ...words]);
        assert.ok(ok, `${command}\n${text}`);
      });
    }
  });
}

/** podman has no overlay here: that needs more rights than a test has. */
function storageOf(tool: Tool, { home, runFolder }: Shell): readonly string[] {
  if (tool !== 'podman') return [];
  return ['--root', join(home, 'storage'), '--runroot', runFolder, '--storage-driver', 'vfs'];
}

/** @returns the digest that the registry has for it */
async function pushed(tool: Tool, shell: Shell, place: Place, name: string): Promise<string> {
  const client = CLIENTS.find((each) => each.tool === tool);
  if (client === undefined) throw new Error(`No client ${tool}`);
  await writeImageLayout(place.layout, tool);
  for (const step of [
    () => client.login(shell, place, MEMBER.username, MEMBER.password),
    () => client.push(shell, place, name),
  ]) {
    const { ok, text, command } = await step();
    if (!ok) throw new Error(`${command}\n${text}`);
  }
  return digestOf(place.host, name, tool === 'helm' ? '1.0.0' : 'v1');
}

async function digestOf(host: string, name: string, tag: string): Promise<string> {
  const challenge = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, { method: 'HEAD' });
  const [, realm = '', service = ''] =
    /realm="([^"]+)",service="([^"]+)"/.exec(challenge.headers.get('www-authenticate') ?? '') ?? [];
  const credentials = Buffer.from(`${MEMBER.username}:${MEMBER.password}`).toString('base64');
  const query = new URLSearchParams({ service, scope: `repository:${name}:pull` });
  const answer = await fetch(`${realm}?${query}`, { headers: { authorization: `Basic ${credentials}` } });
  const { token } = (await answer.json()) as { token: string };
  const accept =
    'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json';
  const headers = { authorization: `Bearer ${token}`, accept };
  const found = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, { method: 'HEAD', headers });
  const digest = found.headers.get('docker-content-digest');
  if (digest === null) throw new Error(`${found.status} for ${name}:${tag}`);
  return digest;
}
