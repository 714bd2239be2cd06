import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request } from 'express';
import { createCsrf, isSameOrigin } from '../../../../server/web/shell/csrf.ts';

const csrf = createCsrf('a secret');

test('accepts its own token for the same session only', () => {
  const token = csrf.issue('session:a');
  assert.equal(csrf.verify(token, 'session:a'), true);
  assert.equal(csrf.verify(token, 'session:b'), false);
  assert.equal(csrf.verify(token, ''), false);
});

test('refuses what is no token', () => {
  for (const token of [undefined, '', '.', 'a.b', ['a', 'b'], 7]) assert.equal(csrf.verify(token, 'session:a'), false);
});

test('refuses a token of another secret', () => {
  assert.equal(csrf.verify(createCsrf('another').issue('session:a'), 'session:a'), false);
});

const origin = { address: '10.0.0.9', secure: false, host: '10.0.0.7:8090' };
const cases: readonly (readonly [string, Record<string, string>, boolean])[] = [
  ['a form of our own page', { 'sec-fetch-site': 'same-origin' }, true],
  ['a typed address', { 'sec-fetch-site': 'none' }, true],
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'http://10.0.0.7:8090' }, false],
  ['a sibling site', { 'sec-fetch-site': 'same-site' }, false],
  ['plain HTTP, own origin', { origin: 'http://10.0.0.7:8090' }, true],
  ['plain HTTP, another port', { origin: 'http://10.0.0.7:9999' }, false],
  ['plain HTTP, hidden origin', { origin: 'null' }, false],
  ['the public address behind a proxy', { origin: 'https://registry.example.com' }, true],
  ['no hint at all', {}, true],
];
for (const [name, headers, expected] of cases) {
  test(`same origin: ${name}`, () => {
    assert.equal(isSameOrigin({ headers } as unknown as Request, origin, 'registry.example.com'), expected);
  });
}

test('same origin: a host that names the default port', () => {
  const request = { headers: { origin: 'https://registry.example.com' } } as unknown as Request;
  assert.equal(isSameOrigin(request, { address: '', secure: true, host: 'registry.example.com:443' }, undefined), true);
});
