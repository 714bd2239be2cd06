import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rights } from '../../../server/access/rights.ts';
import { compileRule, type RuleInput } from '../../../server/access/rule.ts';
import { CATALOG, formatAccess, grantAll, grantScopes } from '../../../server/token/grant.ts';
import { parseScopes } from '../../../server/token/scope.ts';

function holder(rules: readonly Partial<RuleInput>[], isAdmin = false): Rights {
  const all = { repository: 'team/*', address: '*', canPull: true, canPush: false, canDelete: false };
  return {
    subject: { kind: 'user', id: 1, name: 'alice' },
    isAdmin,
    isAuditor: isAdmin,
    rules: rules.map((rule) => compileRule({ ...all, ...rule }, 'alice')),
  };
}

const reader = holder([{}]);
const writer = holder([{ canPush: true }]);
const deleter = holder([{ canPush: true, canDelete: true }]);
const admin = holder([], true);
const office = holder([{ address: '10.0.0.0/8' }]);

const grant = (scope: string, rights: Rights, more = {}) =>
  grantScopes(parseScopes([scope]), rights, { address: '192.168.0.1', readonly: false, ...more });

const cases: readonly (readonly [string, Rights, string])[] = [
  ['repository:team/app:pull,push', reader, 'repository:team/app:pull'],
  ['repository:team/app:pull,push,delete', deleter, 'repository:team/app:pull,push,delete'],
  ['repository:team/app:*', writer, 'repository:team/app:pull,push'],
  ['repository:team/app:*', deleter, 'repository:team/app:pull,push,delete'],
  ['repository:team/app:*', admin, 'repository:team/app:pull,push,delete,*'],
  ['repository:team/app:push', writer, 'repository:team/app:push'],
  ['repository:other/app:pull', writer, ''],
  ['repository:team/app:pull', office, ''],
  ['repository:host:5000/team:pull', admin, ''],
  ['repository:*:pull', admin, ''],
  ['registry:catalog:*', admin, 'registry:catalog:*'],
  ['registry:catalog:*', deleter, ''],
  ['registry:other:*', admin, ''],
  ['foo:team/app:pull', admin, ''],
];
for (const [scope, rights, expected] of cases) {
  test(`${scope} becomes “${expected}”`, () => assert.equal(formatAccess(grant(scope, rights).access), expected));
}
test('the address decides too', () => {
  assert.equal(grant('repository:team/app:pull', office, { address: '10.1.2.3' }).access.length, 1);
});
test('read-only takes delete from everybody', () => {
  const { access } = grant('repository:team/app:*', admin, { readonly: true });
  assert.equal(formatAccess(access), 'repository:team/app:pull,push');
});
test('names what is missing', () => {
  const { denied } = grant('repository:team/app:pull,push', reader);
  assert.deepEqual(denied, [{ repository: 'team/app', asked: ['pull', 'push'], missing: ['push'] }]);
  assert.deepEqual(grant('registry:catalog:*', reader).denied[0]?.repository, CATALOG);
});
test('a scope that no registry could mean is granted nothing and not recorded as refused', () => {
  for (const scope of ['foo:bar:baz', 'repository:../x:pull', 'repository:team/app:frobnicate']) {
    assert.deepEqual(grant(scope, reader), { access: [], denied: [] });
  }
});
test('our own calls get exactly what they ask', () => {
  const access = [{ type: 'repository', name: 'a', actions: ['pull', 'delete'] }];
  assert.deepEqual(grantAll(['repository:a:pull,delete']), access);
});
