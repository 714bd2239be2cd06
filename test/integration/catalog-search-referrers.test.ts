/** A search for what has a referrer finds what the image page shows, by each way in which something speaks about an image. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { changeRepository } from '../../server/catalog/index/repository-change.ts';
import { ensureRepository } from '../../server/catalog/index/tag-writes.ts';
import { findReferrers } from '../../server/catalog/manifests/referrers.ts';
import { ADMIN, startApi, type TestApi } from '../support/app/api.ts';
import { type SeedImage, seedIndex, seedManifest } from '../support/data/seed.ts';

let app: TestApi;
before(async () => {
  app = await startApi();
});
after(() => app?.stop());

const image = (salt: string) => seedManifest({ salt });
const sbom = (salt: string, more: SeedImage = {}) => seedManifest({ kind: 'sbom', salt, ...more });
const fallback = (digest: string) => digest.replace(':', '-');

const WAYS = [
  ['a subject', (digest: string) => ({ made: [sbom('by subject', { subject: digest })], tag: undefined })],
  ['a tag of cosign', (digest: string) => ({ made: [sbom('by tag')], tag: `${fallback(digest)}.sbom` })],
  [
    'the index under the fallback tag',
    (digest: string) => {
      const listed = sbom('listed');
      return { made: [listed, seedIndex([{ ...listed, platform: '' }])], tag: fallback(digest) };
    },
  ],
] as const;

for (const [name, way] of WAYS) {
  test(`by ${name}`, async () => {
    const repository = `team/${name.replaceAll(' ', '-')}`;
    const subject = image(name);
    const { made, tag } = way(subject.digest);
    const id = await app.db.transaction().execute(async (trx) => {
      const created = await ensureRepository(trx, repository, 1);
      const records = [...subject.records, ...made.flatMap((each) => each.records)];
      const last = made.at(-1)?.digest ?? '';
      const seen = [
        { name: 'v1', digest: subject.digest, push: undefined },
        ...(tag === undefined ? [] : [{ name: tag, digest: last, push: undefined }]),
      ];
      await changeRepository(trx, created, { records, seen, linked: [last] }, 1);
      return created;
    });
    const referrers = await findReferrers(app.db, id, [subject.digest]);
    assert.deepEqual(
      referrers.map(({ kind }) => kind),
      ['sbom'],
    );
    const search = async (query: string) =>
      (await app.ask(`/search?q=${encodeURIComponent(`${query} repo:${repository}`)}`, ADMIN)).text();
    assert.ok((await search('has:sbom')).includes(subject.digest));
    assert.ok(!(await search('has:signature')).includes(subject.digest));
  });
}
