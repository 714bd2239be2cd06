/** Pages that are drawn once for all who see the same: what each person gets of them, and how open pages follow. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { PageChange } from '../../server/web/shell/page-change.ts';
import { ADMIN_PASSWORD, EVENT_SECRET, MEMBER, type Person, type Stack, startStack } from '../support/app/app.ts';
import { browserOf } from '../support/app/walk.ts';
import type { Visitor } from '../support/app/web.ts';
import { eventually } from '../support/process/eventually.ts';
import { pushImage } from '../support/registry/content.ts';
import { type RunningRegistry, registrySkip, startRegistry } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');
const SECOND: Person = { username: 'second', password: 'second-password-1', roles: ['team'] };
const READER: Person = { username: 'reader', password: 'reader-password-1', roles: ['reader'] };
const READ_ONLY = { repository: 'team/**', address: '*', canPull: true, canPush: false, canDelete: false };
const LIST = '/repositories?sort=name';

describe('with an image', { skip }, () => {
  let stack: Stack;
  let beside: RunningRegistry;
  let member: Visitor;
  let second: Visitor;
  let reader: Visitor;
  let admin: Visitor;

  before(async () => {
    stack = await startStack({ people: [SECOND, READER], roles: { reader: [READ_ONLY] } });
    // On the same storage, and needs no token.
    beside = await startRegistry({
      ...{ version: '3.1.1', storage: stack.registry.storage },
      notifications: { url: `${stack.app.url}/api/notification`, headers: { Authorization: [EVENT_SECRET] } },
    });
    for (const name of ['team/app', 'team/web']) await pushImage(beside.url, name, 'v1');
    member = await browserOf(stack.app.url, MEMBER);
    second = await browserOf(stack.app.url, SECOND);
    reader = await browserOf(stack.app.url, READER);
    admin = await browserOf(stack.app.url, { username: 'admin', password: ADMIN_PASSWORD });
    await eventually('both are listed', async () => (await html(member, LIST)).includes('team/web'));
  });
  after(async () => {
    await beside?.stop();
    await stack?.stop();
  });

  const html = async (visitor: Visitor, path: string) => (await visitor.request(path)).text();
  const again = (visitor: Visitor, path: string, hash?: string) =>
    visitor.request(path, {
      headers: { 'X-Background': '1', ...(hash === undefined ? {} : { 'If-None-Match': hash }) },
    });

  for (const path of ['/', LIST, '/repositories?folder=team', '/repositories/team/app', '/repositories/team/app:v1']) {
    test(`${path}: two people of the same rights get the same, each with the own name and token`, async () => {
      let pages: readonly string[] = [];
      // What was pushed a moment ago is still being summed up.
      await eventually('both see the same state', async () => {
        pages = [await html(member, path), await html(second, path)];
        return bare(pages[0] ?? '', 'member') === bare(pages[1] ?? '', 'second');
      });
      const tokens = pages.map((page) => /name="_csrf" value="([^"]+)"/.exec(page)?.[1] ?? '');
      assert.ok(tokens.every((token) => token.length > 40));
      assert.notEqual(tokens[0], tokens[1]);
      for (const [index, name] of ['member', 'second'].entries()) {
        assert.match(pages[index] ?? '', new RegExp(`data-viewer="${name}"`));
        assert.match(pages[index] ?? '', new RegExp(`<p class="menu-head">${name}</p>`));
      }
      assert.doesNotMatch(pages[1] ?? '', /member/);
      assert.doesNotMatch(pages.join(''), /placeholder[0-9a-f]{8}/);
    });
  }

  test('who may less gets another page of the same address', async () => {
    const path = '/repositories/team/app';
    await html(member, path);
    const [may, mayNot] = [await html(member, path), await html(reader, path)];
    assert.match(may, /\/-\/refresh"/);
    assert.doesNotMatch(mayNot, /\/-\/refresh"/);
  });

  test('rights that were taken count at once', async () => {
    assert.match(await html(reader, LIST), /team\/web/);
    const answer = await admin.post('/roles/reader/-/delete', {});
    assert.equal(answer.status, 303);
    assert.match(await html(admin, '/roles'), /notice-good/);
    assert.doesNotMatch(await html(reader, LIST), /team\/web/);
  });

  test('a star is of the person, and everybody sees how many there are', async () => {
    const path = '/repositories/team/web';
    await member.post(`${path}/-/star`, {});
    assert.match(await html(member, path), /\/-\/unstar"/);
    const other = await html(second, path);
    assert.match(other, /\/-\/star"/);
    assert.doesNotMatch(other, /\/-\/unstar"/);
    await member.post(`${path}/-/unstar`, {});
    assert.match(await html(member, path), /\/-\/star"/);
  });

  test('a message to one person is not shown to another', async () => {
    const answer = await member.post('/repositories/team/app/-/refresh', {});
    const path = new URL(answer.headers.get('location') ?? '', stack.app.url).pathname;
    const [first, other] = [await html(member, path), await html(second, path)];
    assert.match(first, /notice-good/);
    assert.doesNotMatch(other, /notice-good/);
  });

  test('a form of such a page is taken', async () => {
    const page = await html(second, '/repositories/team/app');
    const token = /name="_csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const body = new URLSearchParams({ _csrf: token });
    const answer = await second.request('/repositories/team/app/-/star', { method: 'POST', body });
    assert.equal(answer.status, 303);
  });

  test('languages and colours are pages of their own', async () => {
    const english = await html(second, LIST);
    await second.post('/preferences', { language: 'zh-CN', next: '/' });
    const chinese = await html(second, LIST);
    await second.post('/preferences', { language: 'en', next: '/' });
    assert.match(english, /<html lang="en"/);
    assert.match(chinese, /<html lang="zh-CN"/);
    assert.match(await html(second, LIST), /<html lang="en"/);
  });

  test('an open page that asks again is told that nothing changed', async () => {
    const first = await again(member, LIST);
    const tag = first.headers.get('etag') ?? '';
    assert.equal(first.headers.get('x-viewer'), 'member');
    assert.equal(first.headers.get('cache-control'), 'no-store');
    assert.match(tag, /^"[\w-]{22}"$/);
    const same = await again(member, LIST, tag);
    assert.equal(same.status, 304);
    assert.equal(await same.text(), '');
    assert.equal((await again(member, LIST, '"another"')).status, 200);
    assert.equal((await again(second, LIST, tag)).status, 304, 'another person of the same rights');
  });

  test('what it gets holds no form token, and no name but where the page shows it', async () => {
    const [list, home] = [await (await again(member, LIST)).text(), await (await again(member, '/')).text()];
    for (const page of [list, home]) {
      assert.doesNotMatch(page, /name="_csrf" value="[^"]/);
      assert.match(page, /docker login -u member /);
      assert.doesNotMatch(page, /placeholder[0-9a-f]{8}/);
    }
    assert.doesNotMatch(await (await again(member, '/repositories/team/app')).text(), /member/);
  });

  test('the document of a shared page names the same state', async () => {
    const page = await html(member, LIST);
    const hash = /data-hash="([\w-]{22})"/.exec(page)?.[1];
    assert.equal((await again(member, LIST, `"${hash}"`)).status, 304);
  });

  test('the event stream tells what changed in the page, once it was asked for', async () => {
    const hash = /data-hash="([\w-]{22})"/.exec(await html(member, '/repositories/team/app'))?.[1] ?? '';
    const stream = await listen(member, `/live?shown=${hash}`);
    const shown = await (await again(member, '/repositories/team/app')).text();
    await pushImage(beside.url, 'team/app', 'v2');
    // As `public/js/refresh.js` does it. What was pushed is written in more than one step.
    const follow = () => stream.changes().reduce(applied, { hash, text: shown });
    await eventually('the change is told', async () => follow().text.includes('/team/app:v2'));
    assert.ok(!shown.includes('/team/app:v2'));
    assert.equal(stream.changes()[0]?.from, hash);
    assert.ok(
      stream.changes().every((change) => newLength(change) < shown.length / 2),
      'only a part is sent',
    );
    const { tag, text } = await asked(member, '/repositories/team/app');
    assert.deepEqual([follow().hash, follow().text === text], [tag, true]);
    stream.end();
  });

  test('a stream does not tell a page of other rights', async () => {
    const hash = /data-hash="([\w-]{22})"/.exec(await html(admin, '/repositories/team/app'))?.[1] ?? '';
    const [stranger, owner] = [await listen(member, `/live?shown=${hash}`), await listen(admin, `/live?shown=${hash}`)];
    await pushImage(beside.url, 'team/app', 'v3');
    await eventually('the owner is told', async () => owner.changes().length > 0);
    await eventually('the other has to ask', async () => stranger.text().includes('event: changed'));
    assert.deepEqual(stranger.changes(), []);
    stranger.end();
    owner.end();
  });

  async function asked(visitor: Visitor, path: string) {
    const answer = await again(visitor, path);
    return { tag: answer.headers.get('etag')?.slice(1, -1), text: await answer.text() };
  }

  async function listen(visitor: Visitor, path: string) {
    const abort = new AbortController();
    const answer = await visitor.request(path, { signal: abort.signal });
    const state = { text: '' };
    const read = async () => {
      for await (const chunk of answer.body ?? []) state.text += Buffer.from(chunk).toString();
    };
    read().catch(() => undefined);
    await eventually('the stream is open', async () => state.text.includes('here'));
    const found = () => [...state.text.matchAll(/^event: page\ndata: (.*)\n\n/gm)];
    return {
      text: () => state.text,
      changes: () => found().map(([, data]) => JSON.parse(data ?? '') as PageChange),
      end: () => abort.abort(),
    };
  }
});

function applied(page: { hash: string; text: string }, { from, to, parts }: PageChange) {
  const { hash, text } = page;
  if (from !== hash) return page;
  return { hash: to, text: parts.map((part) => (typeof part === 'string' ? part : text.slice(...part))).join('') };
}

function newLength({ parts }: PageChange): number {
  return parts.reduce((length, part) => length + (typeof part === 'string' ? part.length : 0), 0);
}

/** Without what is of the person and of the moment. */
function bare(page: string, name: string): string {
  return page
    .replaceAll(/value="[\w-]{22}\.[\w-]{43}"/g, '')
    .replaceAll(/data-asked-at="\d+"/g, '')
    .replaceAll(/avatar-\d/g, '')
    .replaceAll(/aria-hidden="true">[A-Z]{2}</g, '')
    .replaceAll(name, 'NAME');
}
