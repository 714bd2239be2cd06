import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rights } from '../../../../server/access/rights.ts';
import { compileRule } from '../../../../server/access/rule.ts';
import { audienceOf } from '../../../../server/web/shell/audience.ts';

// As people write it in a rule.
const OWN_FOLDER = ['$', '{user}/**'].join('');
const rule = { repository: 'team/**', address: '*', canPull: true, canPush: false, canDelete: false };

function asking(name: string, rules: readonly (typeof rule)[], others: Partial<Rights> = {}, address = '10.0.0.1') {
  const subject = { kind: 'user' as const, id: name.length, name };
  const rights: Rights = {
    ...{ subject, isAdmin: false, isAuditor: false },
    rules: rules.map((each) => compileRule(each, name)),
    ...others,
  };
  return audienceOf({ rights, isSignedIn: true, address });
}

const lin = asking('lin', [rule]);
const equal = [
  ['the same rules of somebody else', asking('wei', [rule])],
  ['another address, where no rule asks for one', asking('lin', [rule], {}, '192.168.0.9')],
] as const;
for (const [what, other] of equal) test(`sees the same: ${what}`, () => assert.equal(other, lin));

const different = [
  ['another repository', asking('lin', [{ ...rule, repository: 'team/app' }])],
  ['another right', asking('lin', [{ ...rule, canDelete: true }])],
  ['an admin', asking('lin', [rule], { isAdmin: true })],
  ['an auditor', asking('lin', [rule], { isAuditor: true })],
  ['a rule more', asking('lin', [rule, { ...rule, repository: 'public/**' }])],
  ['a folder of one’s own', asking('lin', [rule, { ...rule, repository: OWN_FOLDER }])],
  ['who has not signed in', audienceOf({ ...nobody(), address: '10.0.0.1' })],
] as const;
for (const [what, other] of different) test(`sees something else: ${what}`, () => assert.notEqual(other, lin));

test('where a rule asks for the address, each address sees its own', () => {
  const inside = [{ ...rule, address: '10.0.0.0/8' }];
  assert.notEqual(asking('lin', inside), asking('lin', inside, {}, '192.168.0.9'));
  assert.equal(asking('lin', inside), asking('wei', inside));
});

test('own folders of two people are not the same', () => {
  const own = [{ ...rule, repository: OWN_FOLDER }];
  assert.notEqual(asking('lin', own), asking('wei', own));
});

function nobody() {
  const rights: Rights = {
    ...{ subject: { kind: 'user' as const, id: 3, name: 'lin' }, isAdmin: false, isAuditor: false },
    rules: [compileRule(rule, 'lin')],
  };
  return { rights, isSignedIn: false };
}
