import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ListAgePage, listAge } from '../../../../server/web/parts/list-age.ts';
import { NOW, UP } from '../../../support/data/browse-facts.ts';

const MINUTE = 60_000;
const LISTED = { listedAt: NOW - MINUTE, isOurs: false };

function pageOf(who: 'admin' | 'auditor' | 'member', authEnabled = true): ListAgePage {
  const rights = { isAdmin: who === 'admin', isAuditor: who === 'auditor', rules: [] };
  const t = ((key: string) => key) as ListAgePage['t'];
  return { t, url: (path: string) => path, viewer: { rights }, authEnabled } as unknown as ListAgePage;
}

test('where events come a list tells no age', () => {
  assert.equal(listAge(pageOf('admin'), UP), null);
});

test('the list of repositories is as old as the last look at the catalog, tags as that at their repository', () => {
  const polled = { polled: LISTED };
  const repository = { name: 'team/app', checkedAt: NOW - 3 * MINUTE };
  const repositories = listAge(pageOf('member'), polled);
  const tags = listAge(pageOf('member'), polled, repository);
  assert.deepEqual([repositories?.of, repositories?.at], ['*', NOW - MINUTE]);
  assert.deepEqual([tags?.of, tags?.at], ['team/app', NOW - 3 * MINUTE]);
  assert.equal(listAge(pageOf('member'), polled, { name: 'team/new', checkedAt: null }), null, 'never read');
});

const hints = [
  ['an admin is led to the lines for the registry', pageOf('admin'), false, '/connect#registry'],
  ['of a registry that is configured here to the check', pageOf('admin'), true, '/status#notifications'],
  ['an auditor to the check', pageOf('auditor'), false, '/status#notifications'],
  ['where nobody signs in, too', pageOf('member', false), false, '/status#notifications'],
  ['others learn the age alone', pageOf('member'), false, undefined],
] as const;
for (const [name, page, isOurs, href] of hints) {
  test(`what would make it instant: ${name}`, () => {
    assert.equal(listAge(page, { polled: { ...LISTED, isOurs } })?.hint?.href, href);
  });
}
