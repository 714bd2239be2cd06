/** Every client against every registry: what it can do works, and what it may not do is refused. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ADMIN_PASSWORD, MEMBER, OUTSIDER, type Person, type Stack, startStack } from '../support/app/app.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';
import { type RegistryVersion, requireEngine, requireTools } from '../support/process/tools.ts';
import { makeLoneKey } from '../support/registry/lone-key.ts';
import { writeImageLayout } from './sample.ts';
import { createShell, type Outcome, type Shell } from './shell.ts';
import { CLIENTS, type Client, type Place } from './table.ts';

const READER: Person = { username: 'reader', password: 'reader-password-1', roles: ['read-all'] };
/** Registry 2 has no delete by tag: regctl writes a throw-away over the tag first, so its user may write too. */
const DELETER: Person = { username: 'deleter', password: 'deleter-password-1', roles: ['write-all', 'delete-all'] };
const ADMIN: Person = { username: 'admin', password: ADMIN_PASSWORD, roles: ['admin'] };

const SETUPS = [
  { version: '2.8.2', key: 'created' },
  { version: '3.0.0', key: 'created' },
  { version: '3.1.1', key: 'created' },
  { version: '2.8.2', key: 'lone RSA' },
  { version: '3.1.1', key: 'lone RSA' },
] as const satisfies readonly { version: RegistryVersion; key: string }[];

for (const { version, key } of SETUPS) {
  const { skip } = await requireTools(`registry-${version}`);
  describe(`registry ${version}, ${key} key`, { skip }, () => {
    let stack: Stack;
    before(async () => {
      const loneKey = key === 'lone RSA' ? await makeLoneKey() : undefined;
      stack = await startStack({
        registry: { version },
        people: [READER, DELETER],
        ...(loneKey ? { loneKey } : {}),
      });
    });
    after(() => stack?.stop());
    for (const client of CLIENTS) describeClient(client, () => stack);
  });
}

async function programOf(tool: Client['tool']): Promise<string | undefined> {
  if (tool === 'docker') return (await requireEngine()) ? 'docker' : undefined;
  const { skip, paths } = await requireTools(tool);
  return skip === false ? paths[tool] : undefined;
}

function describeClient(client: Client, stackOf: () => Stack): void {
  const { tool } = client;
  const repository = `team/${tool}`;
  describe(tool, () => {
    let folder: TemporaryFolder;
    let place: Place;
    let toolPath: string | undefined;

    before(async () => {
      folder = await temporaryFolder(tool);
      const layout = join(folder.path, 'layout');
      await writeImageLayout(layout, tool);
      await mkdir(join(folder.path, 'helm-pull'));
      place = { host: stackOf().registry.host, layout, folder: folder.path };
      toolPath = await programOf(tool);
    });
    after(() => folder?.remove());

    /** A shell of somebody who has signed in. */
    async function signedIn(person: Person): Promise<Shell> {
      const shell = await createShell(toolPath ?? tool, folder.path, person.username);
      succeeds(await client.login(shell, place, person.username, person.password));
      return shell;
    }

    function can(name: string, isAble: boolean, act: () => Promise<void>): void {
      if (!isAble) return;
      test(name, { timeout: 120_000 }, async (context) => {
        if (toolPath === undefined) return context.skip(`${tool} is not here`);
        await act();
      });
    }

    can('login', true, async () => {
      await signedIn(MEMBER);
    });
    can('wrong password', true, async () => {
      const shell = await createShell(toolPath ?? tool, folder.path, 'stranger');
      fails(
        await client.login(shell, place, MEMBER.username, 'wrong-password'),
        /unauthorized|401|denied|invalid username/i,
      );
    });
    can('push', true, async () => {
      succeeds(await client.push(await signedIn(MEMBER), place, repository));
    });
    can('pull', true, async () => {
      succeeds(await client.pull(await signedIn(READER), place, repository));
    });
    can('pull without a grant', true, async () => {
      fails(await client.pull(await signedIn(OUTSIDER), place, repository), REFUSED);
    });
    can('denied push', true, async () => {
      fails(await client.push(await signedIn(READER), place, `team/${tool}-denied`), REFUSED);
    });
    can('catalog as admin', client.catalog !== undefined, async () => {
      const outcome = succeeds(await client.catalog?.(await signedIn(ADMIN), place));
      assert.match(outcome.text, new RegExp(repository));
    });
    can('catalog as member', client.catalog !== undefined, async () => {
      const outcome = await client.catalog?.(await signedIn(MEMBER), place);
      assert.doesNotMatch(outcome?.text ?? '', new RegExp(repository), outcome?.command);
    });
    can('mount', client.mount !== undefined, async () => {
      succeeds(await client.mount?.(await signedIn(MEMBER), place, repository, `team/${tool}-copy`));
    });
    can('artifact', client.artifact !== undefined, async () => {
      succeeds(await client.artifact?.(await signedIn(MEMBER), place, `team/${tool}-artifact`));
    });
    can('denied delete', client.remove !== undefined, async () => {
      fails(await client.remove?.(await signedIn(MEMBER), place, repository), REFUSED);
    });
    can('delete', client.remove !== undefined, async () => {
      const shell = await signedIn(DELETER);
      succeeds(await client.remove?.(shell, place, repository));
      fails(await client.pull(shell, place, repository), /unknown|not found/i);
    });
  });
}

const REFUSED = /unauthorized|denied|401|403|insufficient/i;

function succeeds(outcome: Outcome | undefined): Outcome {
  assert.ok(outcome?.ok, `${outcome?.command}\n${outcome?.text}`);
  return outcome;
}

function fails(outcome: Outcome | undefined, reason: RegExp): void {
  assert.equal(outcome?.ok, false, `${outcome?.command} worked`);
  assert.match(outcome?.text ?? '', reason, outcome?.command);
}
