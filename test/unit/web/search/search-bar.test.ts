import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANONYMOUS, type Rights } from '../../../../server/access/rights.ts';
import { compileRule } from '../../../../server/access/rule.ts';
import type { Suggestion } from '../../../../server/catalog/search/suggest.ts';
import type { BarItem } from '../../../../server/web/search/bar-item.ts';
import { matchesPhrases, parseCommand } from '../../../../server/web/search/command-words.ts';
import type { Subject } from '../../../../server/web/search/commands-about.ts';
import { type BarGroup, type BarSources, barGroups } from '../../../../server/web/search/search-bar.ts';
import { ADMIN, NOBODY, READER, type TestPage, testPage } from '../../../support/app/render.ts';
import { digestOf, HOSTILE } from '../../../support/data/browse-facts.ts';

const NAMES = ['team/app', 'team/api', 'other/app'];
const TAGS = ['v1', 'v2'];

/** As the catalog would answer: repositories by a part of their name, tags behind a colon. */
async function suggest(text: string): Promise<readonly Suggestion[]> {
  const [repository = '', tag] = text.split(':');
  if (tag === undefined) {
    const found = NAMES.filter((name) => name.includes(text));
    return found.map((name) => ({ kind: 'repository', label: name, text: name, reference: name }));
  }
  const found = NAMES.includes(repository) ? TAGS.filter((name) => name.startsWith(tag)) : [];
  return found.map((name) => {
    const reference = `${repository}:${name}`;
    return { kind: 'tag', label: reference, text: reference, reference };
  });
}

const V1: Subject = { repository: 'team/app', tag: { name: 'v1', digest: digestOf('a'), kind: 'image' } };

function sources(overrides: Partial<BarSources> = {}): BarSources {
  return {
    suggest,
    tagFacts: async (_, tags) => new Map(tags.map((tag) => [tag, { digest: digestOf('a'), kind: 'image' as const }])),
    usersLike: async (text) => ['lin', 'liang'].filter((name) => name.startsWith(text)),
    ...{ imagesWith: async () => [], labelKeys: async () => ['team', 'org.x/team'] },
    ...{ readonly: false, from: '/', here: async () => undefined },
    ...overrides,
  };
}

function member(can: { push?: boolean; del?: boolean }): Rights {
  const rule = { repository: 'team/**', address: '*', canPull: true, canPush: can.push ?? false };
  return { ...READER, rules: [compileRule({ ...rule, canDelete: can.del ?? false }, 'lin')] };
}

const ask = (text: string, rights: Rights = ADMIN, over: Partial<BarSources> = {}, page?: TestPage) =>
  barGroups(page ?? testPage({ rights }), sources(over), text);
const itemsOf = (groups: readonly BarGroup[], id = 'commands') => groups.find((group) => group.id === id)?.items ?? [];
const labels = (items: readonly BarItem[]) => items.map(({ label }) => label);

const typed: readonly (readonly [string, string, string])[] = [
  ['delete team/app:v1', 'delete', 'team/app:v1'],
  ['Delete Tag team/app:v1', 'delete', 'team/app:v1'],
  ['rm team/app', 'delete', 'team/app'],
  ['删除 team/app:v1', 'delete', 'team/app:v1'],
  ['删除team/app:v1', 'delete', 'team/app:v1'],
  ['删除标签 team/app:v1', 'delete', 'team/app:v1'],
  ['copy pull command app', 'copy', 'app'],
  ['  copy  app', 'copy', 'app'],
  ['复制 app', 'copy', 'app'],
  ['对比 a:1 b:2', 'compare', 'a:1 b:2'],
  ['compare a:1 b:2', 'compare', 'a:1 b:2'],
  ['refresh team/app', 'refresh', 'team/app'],
  ['重新读取 team/app', 'refresh', 'team/app'],
  ['events of team/app', 'events', 'team/app'],
  ['grant lin', 'grant', 'lin'],
  ['授予 lin', 'grant', 'lin'],
  ['delete ', 'delete', ''],
];
for (const locale of ['en', 'zh-CN'] as const) {
  for (const [text, verb, rest] of typed) {
    test(`understands “${text}” (${locale})`, () => {
      const command = parseCommand(text, testPage({ locale }));
      assert.deepEqual([command?.verb, command?.rest], [verb, rest]);
      assert.equal(`${command?.start}${command?.rest}`, text.trimStart());
    });
  }
}

test('a name that only begins like a command is a name', () => {
  for (const text of ['deleted', 'copy/app', 'grants', 'events', '', ' ', 'rm-old'])
    assert.equal(parseCommand(text, testPage()), undefined, text);
});

test('every word typed begins one that is known', () => {
  const words = ['go to|open', 'Users', '用户'];
  for (const text of ['users', 'go to users', 'op us', '用户', '户', 'USERS'])
    assert.equal(matchesPhrases(text, words), true, text);
  for (const text of ['sers', 'users now', '角色', '', ' |']) assert.equal(matchesPhrases(text, words), false, text);
});

test('groups what is found, commands last', async () => {
  const groups = await ask('ap');
  assert.deepEqual(
    groups.map(({ id }) => id),
    ['repositories', 'commands', 'everything'],
  );
  assert.deepEqual(labels(itemsOf(groups, 'repositories')), NAMES);
  assert.equal(itemsOf(groups, 'repositories')[0]?.href, '/web/repositories/team/app');
  assert.deepEqual(labels(itemsOf(groups)), ['API documentation']);
});

test('a line of facts tells names apart, and the last entry searches everything', async () => {
  const facts = { tagCount: 3, newestTag: 'v2', sizeBytes: 206_000_000, agedAt: null };
  const named = { kind: 'repository' as const, label: 'team/app', text: 'team/app', reference: 'team/app' };
  const groups = await ask('tem/app', READER, { suggest: async () => [{ ...named, facts, isNear: true }] });
  assert.deepEqual([groups[0]?.label, groups[0]?.items[0]?.facts], ['Did you mean', '3 tags · newest v2 · 206 MB']);
  const [last] = itemsOf(groups, 'everything');
  assert.deepEqual([last?.label, last?.href], ['Search everything for “tem/app”', '/web/search?q=tem%2Fapp']);
  assert.equal(groups.at(-1)?.id, 'everything');
});

test('no command is offered for what is only nearly the name', async () => {
  const near = {
    kind: 'tag' as const,
    label: 'team/app:v1',
    text: 'team/app:v1',
    reference: 'team/app:v1',
    isNear: true,
  };
  assert.deepEqual(labels(itemsOf(await ask('delete tem/app:v1', ADMIN, { suggest: async () => [near] }))), []);
});

test('labels are offered by the begin of their key', async () => {
  const [label] = itemsOf(await ask('tea', READER), 'labels');
  assert.deepEqual([label?.label, label?.href], ['label:team', '/web/search?q=label%3Ateam']);
  assert.deepEqual(itemsOf(await ask('eam', READER), 'labels'), []);
});

test('users are for admins, the begin of a digest finds images', async () => {
  const asked: string[] = [];
  const imagesWith = async (hex: string) => {
    asked.push(hex);
    return [];
  };
  assert.deepEqual(labels(itemsOf(await ask('li'), 'users')), ['lin', 'liang']);
  assert.deepEqual(itemsOf(await ask('li', READER), 'users'), []);
  for (const text of ['6f0a', 'sha256:6f0a91', 'digest:6f0a91', 'v1.2', '6f0', 'team/6f0a'])
    await ask(text, ADMIN, { imagesWith });
  assert.deepEqual(asked, ['6f0a', '6f0a91', '6f0a91']);
});

test('a tag is deleted on the page that asks first, with the digest that is meant', async () => {
  const [item] = itemsOf(await ask('delete tag team/app:v1'));
  assert.deepEqual(item, {
    ...{ label: 'Delete tag team/app:v1…', icon: 'trash', tone: 'red' },
    href: `/web/repositories/team/app:v1/-/delete?digest=${digestOf('a')}`,
  });
});

test('a repository is where the tags are to be named', async () => {
  const [item] = itemsOf(await ask('删除 team/ap'));
  assert.equal(item?.fill, '删除 team/app:');
});

const rights: readonly (readonly [string, string, Rights, readonly string[]])[] = [
  ['admin', 'delete team/app:v1', ADMIN, ['Delete tag team/app:v1…']],
  ['who may delete there', 'delete team/app:v1', member({ del: true }), ['Delete tag team/app:v1…']],
  ['who may delete elsewhere', 'delete other/app:v1', member({ del: true }), []],
  ['who may only push', 'delete team/app:v1', member({ push: true }), []],
  ['reader', 'delete team/app:v1', READER, []],
  ['admin', 'refresh other', ADMIN, ['Refresh other/app']],
  ['who may push there', 'refresh team/api', member({ push: true }), ['Refresh team/api']],
  ['who may push elsewhere', 'refresh other', member({ push: true }), []],
  ['reader', 'refresh team/api', READER, []],
  ['admin', 'grant lin', ADMIN, ['Grant roles to lin…']],
  ['reader', 'grant lin', READER, []],
  ['reader', 'copy team/app:v1', READER, ['Copy pull command for team/app:v1']],
  ['reader', 'compare team/app:v1', READER, ['Compare team/app:v1 with…']],
  ['reader', 'compare team/app:v1 team/app:v2', READER, ['Compare team/app:v1 with team/app:v2']],
  ['reader', 'events team/api', READER, ['Show events for team/api']],
];
for (const [who, text, held, expected] of rights) {
  test(`“${text}” for ${who}`, async () => assert.deepEqual(labels(itemsOf(await ask(text, held))), expected));
}

test('nothing is deleted where deleting is off, nobody is granted where nobody signs in', async () => {
  assert.deepEqual(itemsOf(await ask('delete team/app:v1', ADMIN, { readonly: true })), []);
  const open = { ...testPage(), authEnabled: false };
  assert.deepEqual(itemsOf(await ask('grant lin', ADMIN, {}, open)), []);
  assert.deepEqual(labels(itemsOf(await ask('sign out', ADMIN, {}, open))), []);
});

test('the command that is copied is that of the box', async () => {
  const [item] = itemsOf(await ask('复制 team/app:v1'));
  assert.equal(item?.copy, 'docker pull registry.example.com/team/app:v1');
  assert.equal(item?.href, undefined);
});

const places: readonly (readonly [string, Rights, string])[] = [
  ['go to events', ADMIN, '/web/events'],
  ['users', ADMIN, '/web/users'],
  ['用户', ADMIN, '/web/users'],
  ['前往 事件', READER, '/web/events'],
  ['new user', ADMIN, '/web/users/-/new'],
  ['新建用户', ADMIN, '/web/users/-/new'],
];
for (const [text, held, href] of places) {
  test(`“${text}” leads to ${href}`, async () =>
    assert.ok(itemsOf(await ask(text, held)).some((item) => item.href === href)));
}

test('a reader is shown no way to pages of admins', async () => {
  for (const text of ['users', 'roles', 'new user', 'audit', 'go to'])
    for (const { href } of itemsOf(await ask(text, READER))) assert.doesNotMatch(href ?? '', /users|roles|audit/, text);
});

test('language and colours are switched by a form that leads back here', async () => {
  const [language] = itemsOf(await ask('chinese', READER, { from: '/repositories?page=2' }));
  assert.deepEqual(language?.form, {
    action: '/web/preferences',
    fields: { language: 'zh-CN', next: '/repositories?page=2' },
  });
  const dark = itemsOf(await ask('dark')).find(({ form }) => form?.fields['scheme'] === 'dark');
  assert.equal(dark?.label, 'Theme: Dark');
  assert.ok(itemsOf(await ask('深色')).some(({ form }) => form?.fields['scheme'] === 'dark'));
});

test('before anything is typed: what can be done here, then the ways to begin', async () => {
  const here = async () => V1;
  const groups = await ask('', ADMIN, { here });
  assert.deepEqual(labels(itemsOf(groups, 'here')), [
    'Copy pull command for team/app:v1',
    'Delete tag team/app:v1…',
    'Compare team/app:v1 with…',
    'Refresh team/app',
    'Show events for team/app',
  ]);
  assert.ok(itemsOf(groups).every(({ fill }) => fill?.endsWith(' ')));
  assert.deepEqual(labels(itemsOf(await ask('', READER, { here }), 'here')), [
    'Copy pull command for team/app:v1',
    'Compare team/app:v1 with…',
    'Show events for team/app',
  ]);
});

test('a command that names nothing yet is about what is shown', async () => {
  const here = async () => V1;
  assert.equal(itemsOf(await ask('delete ', ADMIN, { here }))[0]?.label, 'Delete tag team/app:v1…');
});

test('behind > there are only commands', async () => {
  const groups = await ask('>ap');
  assert.deepEqual(
    groups.map(({ id }) => id),
    ['commands'],
  );
});

test('each item does exactly one thing', async () => {
  let count = 0;
  for (const text of [
    '',
    'ap',
    'delete team/app:v1',
    'copy app',
    'go',
    'dark',
    'li',
    '>u',
    'compare team/app:v1 ',
    'grant ',
  ]) {
    const items = itemsOf(await ask(text, ADMIN, { here: async () => V1 }));
    for (const item of items) {
      const ways = [item.href, item.fill, item.copy, item.form].filter((way) => way !== undefined);
      assert.equal(ways.length, 1, JSON.stringify(item));
      if (item.href !== undefined) assert.match(item.href, /^\/web\//);
    }
    count += items.length;
  }
  assert.ok(count > 20, `${count} items`);
});

test('any text is an answer', async () => {
  const anonymous: Rights = { ...NOBODY, subject: ANONYMOUS };
  for (const text of [
    HOSTILE,
    `delete ${HOSTILE}`,
    `compare ${HOSTILE} team/app:v1`,
    '\0',
    '>'.repeat(50),
    'grant '.repeat(90),
    '删除',
  ])
    for (const held of [ADMIN, anonymous]) assert.ok(Array.isArray(await ask(text, held)), text);
});
