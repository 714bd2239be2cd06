import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { networkFailure } from '../../../../server/registry/client/failure.ts';

const folder = new URL('../../../../server/registry/', import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'));
const keys = new Set(
  sources.flatMap((source) => [...source.matchAll(/'(registry[A-Z]\w+)'/g)].map(([, key = '']) => key)),
);

for (const language of ['en', 'zh-CN']) {
  test(`every failure of the registry has a sentence in ${language}`, () => {
    const file = new URL(`../../../../locales/${language}/errors.json`, import.meta.url);
    const sentences = JSON.parse(readFileSync(file, 'utf8'));
    assert.ok(keys.size > 15);
    assert.deepEqual(
      [...keys].filter((key) => typeof sentences[key] !== 'string'),
      [],
    );
  });
}

const CODES: readonly (readonly [code: string, key: string])[] = [
  ['ECONNREFUSED', 'registryRefused'],
  ['ENOTFOUND', 'registryName'],
  ['EHOSTUNREACH', 'registryUnreachable'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'registryCertificate'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'registryCertificate'],
  ['EPROTO', 'registryTls'],
  ['HPE_INVALID_CONSTANT', 'registryHttp'],
  ['ECONNRESET', 'registryBroken'],
];
for (const [code, key] of CODES) {
  test(`${code} becomes a sentence that names the address`, () => {
    const failure = networkFailure(Object.assign(new Error('x'), { code }), 'http://registry:5000');
    assert.deepEqual([failure.code, failure.key], ['UPSTREAM', key]);
    assert.match(failure.message, /http:\/\/registry:5000/);
  });
}
