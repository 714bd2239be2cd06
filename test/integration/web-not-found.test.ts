/** A page that is not there names what is nearly its address, of what the viewer may see; and what all pages carry. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type AskedReference, referenceIn } from '../../server/web/shell/near-matches.ts';
import { createVisitor, FIRST_PASSWORD, startWeb, type TestWeb } from '../support/app/web.ts';

let web: TestWeb;
const asked: string[] = [];
before(async () => {
  web = await startWeb({
    deps: {
      near: async (viewer, _address, { repository, tag }) => {
        asked.push(`${viewer.subject.name}: ${repository} ${tag ?? ''}`);
        return viewer.isSignedIn ? ['team/app:v1.2', 'team/app'] : [];
      },
    },
  });
});
after(() => web?.stop());

test('near names are links', async () => {
  const admin = createVisitor(web.url);
  await admin.signIn('admin', FIRST_PASSWORD);
  const answer = await admin.request('/repositories/team/ap:v1');
  const html = await answer.text();
  assert.equal(answer.status, 404);
  assert.match(
    html,
    /Did you mean[\s\S]*href="\/repositories\/team\/app:v1\.2"[\s\S]*href="\/repositories\/team\/app"/,
  );
  assert.deepEqual(asked.splice(0), ['admin: team/ap v1']);
  assert.doesNotMatch(await (await admin.request('/no-such-page')).text(), /Did you mean/);
  assert.deepEqual(asked, []);
});

test('nobody is shown what they may not see', async () => {
  const html = await (await createVisitor(web.url).request('/repositories/team/ap')).text();
  assert.doesNotMatch(html, /Did you mean|team\/app/);
});

const paths: readonly (readonly [string, AskedReference | undefined])[] = [
  ['/repositories/team/app', { repository: 'team/app' }],
  ['/repositories/team/app:v1?tab=raw', { repository: 'team/app', tag: 'v1' }],
  ['/repositories/team/app/-/space', { repository: 'team/app' }],
  [`/repositories/team/app@sha256:${'a'.repeat(64)}`, { repository: 'team/app' }],
  ['/repositories/team/%00', undefined],
  ['/repositories/', undefined],
  ['/users/team', undefined],
];
for (const [path, expected] of paths) {
  test(`${path} names ${expected?.repository ?? 'nothing'}`, () => assert.deepEqual(referenceIn(path), expected));
}

test('a page tells its colour in each scheme, and its icon', async () => {
  const visitor = createVisitor(web.url);
  const colours = async () =>
    [...(await (await visitor.request('/login')).text()).matchAll(/name="theme-color" content="(#\w+)"/g)].map(
      ([, hex]) => hex,
    );
  assert.deepEqual(await colours(), ['#ffffff', '#131c22']);
  await visitor.post('/preferences', { scheme: 'dark', next: '/login' });
  assert.deepEqual(await colours(), ['#131c22']);
  const html = await (await visitor.request('/login')).text();
  const [, icon = ''] = /rel="apple-touch-icon" href="([^"]+)"/.exec(html) ?? [];
  const answer = await visitor.request(icon);
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'image/png']);
});

test('a page is drawn when its last element is there, so that no column moves', async () => {
  const html = await (await createVisitor(web.url).request('/login')).text();
  const [, last = ''] = /<link rel="expect" href="#([\w-]+)" blocking="render">/.exec(html) ?? [];
  const rest = html.slice(html.indexOf(` id="${last}"`));
  assert.match(last, /./);
  assert.match(rest, /^ id="[\w-]+" hidden><\/span>\s*<\/body>\s*<\/html>\s*$/);
});
