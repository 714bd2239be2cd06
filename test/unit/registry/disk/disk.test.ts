import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readBlob, readLinkedBlob } from '../../../../server/registry/disk/content.ts';
import { readLinks } from '../../../../server/registry/disk/links.ts';
import { listRepositories } from '../../../../server/registry/disk/repositories.ts';
import { openStorage } from '../../../../server/registry/disk/storage.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../support/process/tmp.ts';
import { sha256 } from '../../../support/registry/content.ts';
import { generateStorage } from '../../../support/registry/generate-storage.ts';
import {
  blobFolder,
  layerFolder,
  makeRepository,
  repositoryFolder,
  revisionFolder,
  rootOf,
  writeLink,
  writeTag,
} from '../../../support/registry/storage-layout.ts';

const CONTENT = Buffer.from('{"schemaVersion":2}');
const DIGEST = sha256(CONTENT);
const OTHER = sha256(Buffer.from('other'));

let folder: TemporaryFolder;
let root: string;
beforeEach(async () => {
  folder = await temporaryFolder('disk');
  root = rootOf(folder.path);
  makeRepository(repositoryFolder(root, 'team/app'));
});
afterEach(() => folder.remove());

const app = () => repositoryFolder(root, 'team/app');

function writeBlob(digest: string, content: Buffer): void {
  mkdirSync(blobFolder(root, digest), { recursive: true });
  writeFileSync(join(blobFolder(root, digest), 'data'), content);
}

function allNames(limit: number): readonly string[] {
  const names: string[] = [];
  for (let next: string | undefined = ''; next !== undefined; ) {
    const page = listRepositories(root, next, limit);
    names.push(...page.names);
    next = page.next;
  }
  return names;
}

test('names come page by page, whatever the size of a page', () => {
  for (const name of ['a', 'a/b', 'a/b/c', 'a-b', 'b/c', 'b/c/d/e', 'z']) makeRepository(repositoryFolder(root, name));
  const all = ['a', 'a/b', 'a/b/c', 'a-b', 'b/c', 'b/c/d/e', 'team/app', 'z'];
  for (const limit of [1, 2, 3, 7, 8, 100]) assert.deepEqual(allNames(limit), all, `${limit} at once`);
});

test('every name of a generated registry is found', async (t) => {
  const generated = await temporaryFolder('disk-generated');
  t.after(generated.remove);
  const size = generateStorage(generated.path, { repositories: 60, tags: 300, manifests: 100 });
  root = rootOf(generated.path);
  const names = allNames(7);
  assert.equal(new Set(names).size, size.repositories);
  const links = names.map((name) => readLinks(root, name));
  assert.equal(links.flatMap(({ tags }) => tags).length, size.tags);
  assert.equal(links.flatMap(({ revisions }) => revisions).length, size.manifests);
  assert.deepEqual(
    links.flatMap(({ problems }) => problems),
    [],
  );
});

test('what can be no repository is skipped and reported', () => {
  const long = Array.from({ length: 70 }, () => 'abcd').join('/');
  for (const name of ['Upper', 'sp ace', '.dot', 'new\nline', long]) makeRepository(repositoryFolder(root, name));
  makeRepository(repositoryFolder(root, 'team/_hidden'));
  writeFileSync(join(root, 'repositories', 'file'), '');
  const { names, skipped } = listRepositories(root, '', 100);
  assert.deepEqual(names, ['team/app']);
  assert.equal(skipped.length, 5);
});

test('links of the file system are not followed, neither out of the storage nor in a circle', async (t) => {
  const outside = await temporaryFolder('disk-outside');
  t.after(outside.remove);
  makeRepository(join(outside.path, 'secret'));
  symlinkSync(outside.path, join(root, 'repositories', 'out'));
  symlinkSync('..', join(root, 'repositories', 'team', 'loop'));
  const { names, skipped } = listRepositories(root, '', 100);
  assert.deepEqual(names, ['team/app']);
  assert.deepEqual([...skipped].sort(), ['out', 'team/loop']);
});

test('tags and manifests of a repository, also those without a tag', () => {
  writeLink(revisionFolder(app(), DIGEST), DIGEST);
  writeLink(revisionFolder(app(), OTHER), OTHER);
  writeTag(app(), 'v1', DIGEST);
  const { tags, revisions, problems } = readLinks(root, 'team/app');
  assert.deepEqual(tags, [{ name: 'v1', digest: DIGEST }]);
  assert.deepEqual([...revisions].sort(), [DIGEST, OTHER].sort());
  assert.deepEqual(problems, []);
});

test('a deleted manifest leaves its folder, which is no manifest', () => {
  mkdirSync(revisionFolder(app(), DIGEST), { recursive: true });
  assert.deepEqual(readLinks(root, 'team/app'), { tags: [], revisions: [], problems: [] });
});

test('a repository that is gone meanwhile has nothing', () => {
  assert.deepEqual(readLinks(root, 'team/gone'), { tags: [], revisions: [], problems: [] });
});

const BROKEN: Readonly<Record<string, (path: string) => void>> = {
  'without a manifest': () => undefined,
  'with an empty link': (tag) => writeFileSync(join(tag, 'current', 'link'), ''),
  'with a link of something else': (tag) => writeFileSync(join(tag, 'current', 'link'), '/etc/passwd'),
  'with a link of a gigabyte': (tag) => truncateSync(join(tag, 'current', 'link'), 1024 ** 3),
  'with no link': (tag) => rmSync(join(tag, 'current', 'link')),
  'with a folder as link': (tag) => {
    rmSync(join(tag, 'current', 'link'));
    mkdirSync(join(tag, 'current', 'link'));
  },
  'with a pipe as link': (tag) => {
    rmSync(join(tag, 'current', 'link'));
    execFileSync('mkfifo', [join(tag, 'current', 'link')]);
  },
  'with a symbolic link as link': (tag) => {
    rmSync(join(tag, 'current', 'link'));
    symlinkSync(join(revisionFolder(app(), OTHER), 'link'), join(tag, 'current', 'link'));
  },
};
for (const [how, spoil] of Object.entries(BROKEN)) {
  test(`a tag ${how} is told, and the others are read`, () => {
    writeLink(revisionFolder(app(), OTHER), OTHER);
    writeTag(app(), 'good', OTHER);
    writeTag(app(), 'broken', DIGEST);
    spoil(join(app(), '_manifests', 'tags', 'broken'));
    const { tags, problems } = readLinks(root, 'team/app');
    assert.ok(tags.some(({ name }) => name === 'good'));
    assert.match(problems.join(), /tag broken/);
    assert.equal(problems.length, 1);
  });
}

test('a manifest whose link names another is damaged', () => {
  writeLink(revisionFolder(app(), DIGEST), OTHER);
  mkdirSync(join(app(), '_manifests/revisions/sha256/nothex'), { recursive: true });
  const { revisions, problems } = readLinks(root, 'team/app');
  assert.deepEqual(revisions, []);
  assert.equal(problems.length, 2);
});

test('of thousands of problems only a few are reported', () => {
  for (let index = 0; index < 300; index += 1) mkdirSync(join(app(), '_manifests/tags', `t${index}`));
  assert.ok(readLinks(root, 'team/app').problems.length <= 20);
});

test('content is given only when its digest is right and it is not too large', () => {
  writeBlob(DIGEST, CONTENT);
  writeBlob(OTHER, CONTENT);
  assert.deepEqual(readBlob(root, DIGEST, 1000), CONTENT);
  assert.equal(readBlob(root, DIGEST, 3), undefined);
  assert.equal(readBlob(root, OTHER, 1000), undefined);
  assert.equal(readBlob(root, '../../etc/passwd', 1000), undefined);
});

test('content behind a symbolic link out of the storage is not read', async (t) => {
  const outside = await temporaryFolder('disk-outside');
  t.after(outside.remove);
  writeFileSync(join(outside.path, 'data'), CONTENT);
  mkdirSync(join(blobFolder(root, DIGEST), '..'), { recursive: true });
  symlinkSync(outside.path, blobFolder(root, DIGEST));
  assert.equal(readBlob(root, DIGEST, 1000), undefined);
});

test('a configuration is given to the repository that has it', () => {
  writeBlob(DIGEST, CONTENT);
  assert.equal(readLinkedBlob(root, 'team/app', DIGEST, 1000), undefined);
  writeLink(layerFolder(app(), DIGEST), DIGEST);
  assert.deepEqual(readLinkedBlob(root, 'team/app', DIGEST, 1000), CONTENT);
});

test('a storage that is there, one that is empty, and one that is not there', async () => {
  assert.deepEqual(openStorage(`${folder.path}/`), { state: 'open', root });
  assert.equal(openStorage(join(folder.path, 'missing')).state, 'unreadable');
  rmSync(join(folder.path, 'docker'), { recursive: true });
  assert.equal(openStorage(folder.path).state, 'empty');
  writeFileSync(join(folder.path, 'file'), '');
  assert.equal(openStorage(join(folder.path, 'file')).state, 'unreadable');
});
