import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownPath } from '../../../../server/web/shell/own-path.ts';

const own = [
  ['/', '/'],
  ['/repositories/team/app:v1?filter=v1', '/repositories/team/app:v1?filter=v1'],
  ['/a/../b', '/b'],
] as const;
for (const [text, path] of own) test(`leads to ${text}`, () => assert.equal(ownPath(text), path));

const foreign = [
  undefined,
  '',
  'https://evil.example',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  '/a\r\nSet-Cookie: x=1',
  '/x/..//evil.example',
  '/.//evil.example',
  'javascript:alert(1)',
  `/${'a'.repeat(3000)}`,
];
for (const text of foreign)
  test(`refuses ${JSON.stringify(text)?.slice(0, 40)}`, () => assert.equal(ownPath(text), undefined));
