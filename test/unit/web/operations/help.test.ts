import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Rights } from '../../../../server/access/rights.ts';
import { helpView } from '../../../../server/web/operations/help.ts';
import { findHelp, helpText } from '../../../../server/web/operations/help-view.ts';
import { ADMIN, READER, renderPage, testPage } from '../../../support/app/render.ts';
import { ROOT } from '../../../support/app/web.ts';

const read = (name: string) => readFileSync(join(ROOT, 'docs', name), 'utf8');
const english = helpText(read('troubleshooting.md'));
const chinese = helpText(read('troubleshooting.zh-CN.md'));
const sections = english.groups.flatMap((group) => group.sections);

test('both languages explain the same messages in the same order', () => {
  const titles = ({ groups }: typeof english) =>
    groups.map((group) => group.sections.map(({ title, isMessage }) => (isMessage ? title : '')));
  assert.deepEqual(titles(chinese), titles(english));
});

test('each explanation says what to do, and no anchor stands twice', () => {
  for (const text of [english, chinese]) {
    const all = text.groups.flatMap((group) => group.sections);
    for (const { title, text: words } of all) assert.match(words, /do:|怎么办：/, title);
  }
  const ids = [...sections, ...english.groups].map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
});

test('every anchor that a page links to exists', () => {
  const files = ['server/web/operations/status.ts', 'views/activity/events-refused.ejs'];
  const anchors = files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const help = /const HELP[^{]*\{([^}]*)\}/.exec(text)?.[1] ?? '';
    return [...text.matchAll(/troubleshooting#([a-z_-]+)'/g), ...help.matchAll(/: '([^']+)'/g)].map(([, id]) => id);
  });
  assert.ok(anchors.length > 5);
  for (const anchor of anchors)
    assert.ok(
      sections.some(({ id }) => id === anchor),
      anchor,
    );
});

/** As the clients print it. */
const pasted: readonly (readonly [string, string])[] = [
  [
    'Error response from daemon: Get "https://registry.lan:5000/v2/": http: server gave HTTP response to HTTPS client',
    'server gave HTTP response to HTTPS client',
  ],
  [
    'Error: initializing source docker://registry.lan:5000/a:v1: reading manifest v1: errors:\ndenied: requested access to the resource is denied',
    'denied: requested access to the resource is denied',
  ],
  [
    'time="x" level=fatal msg="logging into \\"registry.lan\\": invalid username/password"',
    'invalid username/password',
  ],
  [
    'Error: GET http://registry.lan/v2/a/manifests/v1: MANIFEST_UNKNOWN: manifest unknown; unknown tag=v1',
    'manifest unknown',
  ],
  ['no basic auth credentials', 'no basic auth credentials'],
  [
    'Error response from daemon: login attempt to http://registry.lan:5000/v2/ failed with status: 401 Unauthorized',
    'failed with status: 401 Unauthorized',
  ],
  ['Error response from daemon: Unexpected status code 404', 'Unexpected status code 404'],
  [
    '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":[{"Type":"registry"}]}]}',
    '{"errors":[{"code":"UNAUTHORIZED"',
  ],
  ['level=warning msg="token from untrusted issuer: \\"test\\"" go.version=go1.26', 'token from untrusted issuer'],
];
for (const [message, title] of pasted) {
  test(`a pasted message finds its explanation: ${title}`, () => {
    const found = findHelp(english.groups, message).flatMap((group) => group.sections);
    assert.ok(
      found.some((section) => section.title === title),
      found.map((section) => section.title).join('\n'),
    );
    assert.ok(found.length < 4);
  });
}

test('words find sections that have all of them; nothing asked shows everything', () => {
  const found = findHelp(english.groups, 'one-time code').flatMap((group) => group.sections);
  assert.deepEqual(
    found.map(({ id }) => id),
    ['the-page-asks-for-a-one-time-code'],
  );
  assert.equal(findHelp(english.groups, ' '), english.groups);
  assert.deepEqual(findHelp(english.groups, 'zzz nothing'), []);
});

test('who may see the status finds the checks behind a message, others do not', async () => {
  const html = async (rights: Rights) => {
    const page = testPage({ rights });
    return renderPage(page, 'operations/help', helpView(page, english, null));
  };
  assert.match(await html(ADMIN), /href="\/web\/status#tokens"/);
  assert.doesNotMatch(await html(READER), /\/status#/);
});

test('the page shows headings in order and each anchor', async () => {
  const page = testPage();
  const html = await renderPage(page, 'operations/help', helpView(page, english, null));
  for (const { id } of sections) assert.ok(html.includes(`<h3 id="${id}">`), id);
  assert.doesNotMatch(html, /\*\*|`/);
});
