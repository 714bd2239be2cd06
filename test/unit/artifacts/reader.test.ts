import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createContentReader } from '../../../server/artifacts/reader.ts';
import * as samples from '../../support/registry/documents.ts';

const reader = createContentReader();
after(() => reader.close());

/** 31 MB of ten million values. */
const emptyObjects = (count: number) => `{"spdxVersion":"SPDX-2.3","packages":[${'{},'.repeat(count)}{}]}`;
const packed = gzipSync(emptyObjects(10_000_000));

test('a small archive of millions of values is refused, whatever it unpacks to', async () => {
  await assert.rejects(reader.document(packed), { code: 'TOO_LARGE' });
  await assert.rejects(reader.document(gzipSync(Buffer.alloc(40 * 1024 * 1024))), { code: 'TOO_LARGE' });
});

const large = (values: string) => Buffer.from(`{"history":[${values}{}],"layers":[${values}{}]}`);
test('a manifest and a configuration of too many values or levels are refused', async () => {
  const wide = large('{},'.repeat(2_000_000));
  const deep = Buffer.from(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`);
  for (const bytes of [wide, deep]) {
    await assert.rejects(reader.manifest(bytes, ''), { code: 'TOO_LARGE' });
    await assert.rejects(reader.config(bytes), { code: 'TOO_LARGE' });
  }
});

test('the event loop goes on while something large is read', async () => {
  const packages = Array.from({ length: 20_000 }, (_item, index) => ({ name: `p${index}`, versionInfo: '1' }));
  const order: string[] = [];
  const read = reader.document(Buffer.from(JSON.stringify({ ...samples.SPDX, packages }))).then((document) => {
    order.push('read');
    return document;
  });
  // Read on this thread it would be done before the next turn.
  await nextTurn();
  order.push('answered');
  const document = await read;
  assert.deepEqual(order, ['answered', 'read']);
  assert.equal(document.kind === 'sbom' && document.packageCount, 20_000);
});

test('what takes longer than the limit is too large, and the next is read all the same', async () => {
  const impatient = createContentReader({ timeoutMs: 1 });
  await assert.rejects(impatient.document(packed), { code: 'TOO_LARGE' });
  await impatient.close();
  assert.equal((await reader.document(gzipSync(JSON.stringify(samples.SPDX)))).kind, 'sbom');
});

test('a text of many commas and brackets is one value', async () => {
  const text = `${',[{'.repeat(100_000)}\\"`;
  const config = await reader.config(Buffer.from(`{"author":"${text}"}`));
  assert.equal(config.author?.length, 300_001);
});

test('an error keeps its code and key on the way from the thread', async () => {
  const damaged = gzipSync(Buffer.alloc(100)).subarray(0, 20);
  await assert.rejects(reader.document(damaged), { code: 'INVALID', key: 'archive' });
  await assert.rejects(reader.manifest(Buffer.alloc(100_000, 32), ''), { code: 'INVALID', key: 'manifest' });
});
