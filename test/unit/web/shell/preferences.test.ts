import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DELETE_ROUTE, REFERENCE_ROUTE } from '../../../../server/web/parts/reference.ts';
import { nearestPage } from '../../../../server/web/shell/preferences.ts';
import type { RouteEntry } from '../../../../server/web/shell/routes.ts';

const get = (path: string | RegExp): RouteEntry => ({ method: 'GET', path, policy: 'admin', confirmed: false });
const post = (path: string | RegExp): RouteEntry => ({ method: 'POST', path, policy: 'admin', confirmed: false });
const table = [
  ...['/', '/users', '/users/:name', '/account', '/repositories'].map(get),
  ...[REFERENCE_ROUTE, DELETE_ROUTE].map(get),
  ...['/users', '/users/:name/roles', '/users/:name/sessions/end', '/account/password'].map(post),
];

for (const [path, page] of [
  ['/', '/'],
  ['/users?filter=a&after=b', '/users?filter=a&after=b'],
  ['/users/lin/roles', '/users/lin'],
  ['/users/lin/sessions/end?x=1', '/users/lin'],
  ['/account/password', '/account'],
  ['/repositories/team/app:v1/-/delete', '/repositories/team/app:v1/-/delete'],
  ['/repositories/team/%E0%A4', '/repositories/team/%E0%A4'],
  ['/nothing/here', '/'],
] as const) {
  test(`after a change of language, ${path} goes on at ${page}`, () => assert.equal(nearestPage(table, path), page));
}
