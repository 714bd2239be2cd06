import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createVisibility } from '../../server/catalog/visibility/visibility.ts';
import { createTrash } from '../../server/housekeeping/trash.ts';
import { countTrash } from '../../server/housekeeping/trash-list.ts';
import { comparePage } from '../../server/web/image/compare.ts';
import { imagePage } from '../../server/web/image/image.ts';
import { createVisitor, startWeb, type TestWeb, type Visitor } from '../support/app/web.ts';
import { UP } from '../support/data/browse-facts.ts';
import { NO_WORDS } from '../support/data/repository-head.ts';
import { seedRepository } from '../support/data/seed.ts';
import { SPDX } from '../support/registry/documents.ts';

let web: TestWeb;
let admin: Visitor;
let member: Visitor;
let digests: readonly string[];
let secret = '';
let sbom = '';
let asked: string[] = [];
let isDown = false;

before(async () => {
  const getBlob = async (_: string, digest: string) => {
    asked.push(digest);
    if (isDown) throw new Error('down');
    return Buffer.from(JSON.stringify(SPDX));
  };
  web = await startWeb({
    registry: { getBlob },
    pages({ db, stores, now }) {
      const trash = { ...createTrash(db, now), count: (repository: string) => countTrash(db, repository) };
      const deps = {
        ...{ ...NO_WORDS, ...stores, visibility: createVisibility(db), deletion: { trash } },
        ...{ host: 'registry.example.com', readonly: false, indexState: () => UP, opened: () => undefined },
      };
      return [imagePage(deps), comparePage(deps)];
    },
  });
  await seed();
  admin = createVisitor(web.url);
  await admin.signIn('admin', 'first-admin-password');
  member = createVisitor(web.url);
  await member.signIn('lin', 'a-member-password');
});
after(() => web?.stop());

async function seed(): Promise<void> {
  const { db, roles, users, hasher } = web;
  const team = await seedRepository(db, 'team/app', [
    { tags: ['v1'], layers: ['base', 'one'] },
    { tags: ['v2'], layers: ['base', 'two'] },
  ]);
  digests = team.digests;
  secret =
    (await seedRepository(db, 'secret/app', [{ tags: ['v1'], layers: ['base', 'hidden'], salt: 's' }])).digests[0] ??
    '';
  const attached = await seedRepository(db, 'team/app', [{ kind: 'sbom', subject: digests[0] ?? '', salt: 'sbom' }]);
  sbom = attached.digests[0] ?? '';
  const role = await roles.add({ name: 'team', description: '' });
  const rule = { repository: 'team/**', address: '*', canPull: true, canPush: false, canDelete: false };
  await roles.setRules(role.id, [rule]);
  const passwordHash = await hasher.hash('a-member-password');
  await users.add({ username: 'lin', passwordHash, mustChangePassword: false, roleIds: [role.id], by: 'test' });
}

async function html(visitor: Visitor, path: string, status = 200): Promise<string> {
  const answer = await visitor.request(path);
  assert.equal(answer.status, status, path);
  return answer.text();
}

test('an image that is in the index costs the registry no request', async () => {
  asked = [];
  for (const tab of ['', '?tab=dockerfile', '?tab=manifest', '?tab=manifest&raw=config'])
    assert.match(await html(admin, `/repositories/team/app:v1${tab}`), /docker pull/);
  assert.deepEqual(asked, []);
});

test('layers are counted and listed as far as the viewer may see', async () => {
  assert.match(await html(admin, '/repositories/team/app:v1'), /in 2 other images/);
  const page = await html(member, '/repositories/team/app:v1');
  assert.match(page, /in 1 other image/);
  const [, list = ''] = /href="([^"]*\/-\/layers\/[^"]*)"/.exec(page) ?? [];
  assert.match(await html(admin, list), /secret\//);
  assert.doesNotMatch(await html(member, list), /secret/);
});

test('what may not be seen looks like what is not there, on every page of an image', async () => {
  const layer = `sha256:${'0'.repeat(64)}`;
  const paths = [
    '/repositories/secret/app:v1',
    `/repositories/secret/app@${secret}`,
    `/repositories/secret/app@${secret}/-/manifest`,
    `/repositories/secret/app@${secret}/-/layers/${layer}`,
    `/repositories/team/app@${secret}`,
    `/repositories/team/app@${secret}/-/config`,
    `/repositories/team/app@${digests[0]}/-/layers/${layer}`,
    '/repositories/no/such:v1',
  ];
  for (const path of paths) assert.doesNotMatch(await html(member, path, 404), /hidden layer/);
  const compared = await html(member, '/compare?a=team/app:v1&b=secret/app:v1', 404);
  assert.match(compared, /Image not found, or you lack access/);
  assert.match(await html(member, '/compare?a=team/app:v1&b=no/such:v1', 404), /Image not found, or you lack access/);
});

test('raw bytes are only ever saved', async () => {
  for (const [what, type] of [
    ['manifest', 'application/vnd.oci.image.manifest.v1+json'],
    ['config', 'application/vnd.oci.image.config.v1+json'],
  ] as const) {
    const answer = await member.request(`/repositories/team/app@${digests[0]}/-/${what}`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type')?.split(';')[0], type);
    assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; filename="/);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'; sandbox/);
    if (what === 'manifest') assert.equal(digestOf(Buffer.from(await answer.arrayBuffer())), digests[0]);
  }
});

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

test('content is fetched at the first look; while the registry is down the page says so', async () => {
  asked = [];
  isDown = true;
  assert.match(await html(member, `/repositories/team/app@${sbom}`), /did not return the content/);
  isDown = false;
  assert.match(await html(member, `/repositories/team/app@${sbom}`), /openssl/);
  assert.match(await html(member, `/repositories/team/app@${sbom}?package=bash`), /1 package/);
  assert.match(await html(member, '/repositories/team/app:v1?tab=referrers'), /SPDX 2\.3 · 3 packages/);
  assert.equal(asked.length, 2);
});

test('a tag that moved since the list was drawn is said, with the way to both', async () => {
  const page = await html(member, `/repositories/team/app:v2?digest=${digests[0]}`);
  assert.match(page, /The tag v2 has moved/);
  assert.ok(page.includes(`href="/repositories/team/app@${digests[0]}"`));
  assert.doesNotMatch(await html(member, `/repositories/team/app:v2?digest=${digests[1]}`), /has moved/);
  assert.doesNotMatch(await html(member, '/repositories/team/app:v2?digest=x'), /has moved/);
});

test('two images are compared; a digest in the address wins over a tag that moved', async () => {
  assert.match(await html(member, '/compare?a=team/app:v1&b=team/app:v2'), /change-same[\s\S]*change-/);
  const moved = await html(member, `/compare?a=team/app:v2@${digests[0]}&b=team/app:v1`);
  assert.match(moved, /now points to another image/);
  assert.match(moved, /the same image/);
  assert.match(await html(member, '/compare?a=team/app:v1'), />v2</);
  assert.match(await html(member, '/compare'), /Compare two images/);
});
