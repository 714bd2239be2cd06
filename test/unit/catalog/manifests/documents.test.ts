import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDocuments, type DocumentPart } from '../../../../server/catalog/manifests/documents.ts';
import { createLogger } from '../../../../server/log.ts';
import type { Database } from '../../../../server/storage/database.ts';
import { openTestDatabase } from '../../../support/data/database.ts';
import * as samples from '../../../support/registry/documents.ts';

const CONTENT = Buffer.from(JSON.stringify(samples.SPDX));
const PART: DocumentPart = {
  digest: 'sha256:1',
  sizeBytes: CONTENT.length,
  mediaType: 'application/json',
  annotations: {},
};

/** The same database, whose answers to selections are given when `release`, asked when each begins, says so. */
function answeringLate(db: Database, release: () => Promise<unknown>): Database {
  const late = <Builder extends object>(builder: Builder): Builder =>
    new Proxy(builder, {
      get(target, key) {
        const member = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        if (key === 'execute') return () => Promise.all([member.call(target), release()]).then(([rows]) => rows);
        return (...values: unknown[]) => late(member.apply(target, values));
      },
    });
  return new Proxy(db, {
    get(target, key) {
      if (key === 'selectFrom') return late(target).selectFrom;
      const member = Reflect.get(target, key);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

test('who looked it up before another fetch ended, and comes back after it, does not fetch again', async (t) => {
  const { db, close } = await openTestDatabase();
  t.after(close);
  await db.insertInto('repositories').values({ name: 'app', first_seen_at: 1 }).execute();
  let fetches = 0;
  let first: Promise<unknown> = Promise.resolve();
  let selections = 0;
  const documents = createDocuments({
    // The second one's look finds nothing, and its answer arrives when the first one has kept what it fetched.
    db: answeringLate(db, () => (++selections === 2 ? first : Promise.resolve())),
    getBlob: async () => {
      fetches += 1;
      return CONTENT;
    },
    now: () => 1,
    log: createLogger('silent'),
  });
  first = documents.read('app', [PART]);
  const [second] = await documents.read('app', [PART]);
  assert.equal(second?.document?.kind, 'sbom');
  assert.equal(fetches, 1);
});
