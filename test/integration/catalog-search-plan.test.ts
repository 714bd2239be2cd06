import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { LABELLED_DIGESTS } from '../../server/catalog/search/conditions.ts';
import { openDatabase } from '../../server/storage/database.ts';
import { fillCatalog } from '../bench/fill-catalog.ts';
import { temporaryFolder } from '../support/process/tmp.ts';

test('labels of an index are sought among what it lists, not among all that its repository has', async (t) => {
  const folder = await temporaryFolder('plan');
  t.after(folder.remove);
  await fillCatalog(folder.path, { repositories: 300, tags: 1000, manifests: 700 }, Date.UTC(2026, 0, 1));
  const { db, close } = await openDatabase({ dataPath: folder.path, exclusive: true });
  t.after(close);
  const { rows } = await sql<{ detail: string }>`
    explain query plan select 1 from held_manifests as image
      join manifest_labels as given on given.digest in (${LABELLED_DIGESTS})
      join labels as label on label.id = given.label_id
    where image.id in (1, 2) and label.key = 'team' and lower(label.value) = 'platform'`.execute(db);
  const steps = rows.map(({ detail }) => detail).filter((detail) => /SEARCH (listed|part) /.test(detail));
  assert.match(steps[0] ?? '', /^SEARCH listed .*parent_digest=/);
  assert.match(steps[1] ?? '', /^SEARCH part .*digest=/);
});
