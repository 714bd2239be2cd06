/** Several tags and manifests in one deletion, with what only they needed, beside real registries; and one undo. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { ANN, type RunningDeletion, startDeletion } from '../support/app/deletion.ts';
import { type Pushed, pushCosignSignature, pushImageOf, pushIndex, pushSbom } from '../support/registry/images.ts';
import { type RegistryVersion, registrySkip } from '../support/registry/registry.ts';

const VERSIONS: readonly RegistryVersion[] = ['2.8.2', '3.1.1'];
const digestsOf = (pushed: readonly Pushed[]) => pushed.map(({ digest }) => digest);

for (const version of VERSIONS) {
  describe(`registry ${version}`, { skip: await registrySkip(version) }, () => {
    let running: RunningDeletion;
    before(async () => {
      running = await startDeletion(version);
    });
    after(() => running?.stop());

    const child = (repository: string, architecture: string, layers = [`${repository} ${architecture}`]) =>
      pushImageOf(running.url, repository, undefined, { config: { architecture }, layers });

    /** An index of two platforms and an attestation, with a signature of cosign and an SBOM under its fallback tag. */
    async function pushSigned(repository: string, tag: string) {
      const { url } = running;
      const [amd, arm, proof] = [
        await child(repository, 'amd64'),
        await child(repository, 'arm64'),
        await child(repository, 'unknown'),
      ];
      const annotations = {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': amd.digest,
      };
      const index = await pushIndex(url, repository, tag, [
        { pushed: amd, platform: 'linux/amd64' },
        { pushed: arm, platform: 'linux/arm64' },
        { pushed: proof, platform: 'unknown/unknown', annotations },
      ]);
      const signature = await pushCosignSignature(url, repository, index.digest);
      const sbom = await pushSbom(url, repository, index);
      return { index, all: [index, amd, arm, proof, signature, sbom], signature, sbom };
    }

    test('the last tag of a multi-platform image frees its platforms, attestations, signatures and SBOMs', async () => {
      const repository = 'team/signed';
      const { index, all } = await pushSigned(repository, 'v1');
      await running.read(repository);
      const tags = [{ name: 'v1', digest: index.digest }];
      const plan = await running.plan(repository, { tags });
      const fallback = plan.unneeded.filter(({ kind }) => kind === 'index').map(({ digest }) => digest);
      assert.equal(fallback.length, 2);
      assert.deepEqual(new Set(plan.unneeded.map(({ digest }) => digest)), new Set([...digestsOf(all), ...fallback]));
      const { rows } = await running.tags.groups(await running.idOf(repository), {
        sort: 'name',
        direction: 'asc',
        limit: 10,
      });
      assert.ok(plan.freesBytes > (rows[0]?.sizeBytes ?? Number.POSITIVE_INFINITY));

      const result = await running.remove(repository, { tags });
      assert.deepEqual(result.items, [{ tag: 'v1', digest: index.digest, error: undefined, pushedAgain: false }]);
      assert.equal(result.manifests.length, 7);
      assert.deepEqual(await running.there(repository, digestsOf(all)), []);
      const page = await running.deletion.trash.page({ repository, limit: 10, maySee: () => true });
      assert.deepEqual(
        page.rows.map(({ tags: names, partCount, kind }) => [names, partCount, kind]),
        [[['v1'], 6, 'index']],
      );

      await running.deleting.restore(ANN, result.undoId ?? 0);
      assert.equal((await running.there(repository, ['v1', ...digestsOf(all)])).length, 7);
      assert.equal((await running.there(repository, [index.digest.replace(':', '-')])).length, 1);
      assert.equal((await running.deletion.trash.page({ repository, limit: 10, maySee: () => true })).total, 0);
    });

    test('what another index or tag needs stays', async () => {
      const repository = 'team/shares';
      const { url } = running;
      const [own, shared, tagged] = [
        await child(repository, 'amd64'),
        await child(repository, 'arm64'),
        await child(repository, 'riscv64'),
      ];
      const children = [own, shared, tagged].map((pushed) => ({ pushed }));
      const first = await pushIndex(url, repository, 'v1', children);
      const second = await pushIndex(url, repository, 'v2', [{ pushed: shared }]);
      await pushIndex(url, repository, 'v1', children);
      await running.read(repository);
      await running.client.putManifest(repository, 'riscv', tagged.mediaType, tagged.raw);
      // The index has not heard of the tag `riscv`: the registry is asked.
      const result = await running.remove(repository, { tags: [{ name: 'v1', digest: first.digest }] });
      assert.deepEqual(new Set(result.manifests), new Set([first.digest, own.digest]));
      assert.equal((await running.there(repository, [shared.digest, tagged.digest, second.digest])).length, 3);
    });

    test('an index that was pushed a moment ago keeps what it lists', async () => {
      const repository = 'team/fresh';
      const { url } = running;
      const [own, shared] = [await child(repository, 'amd64'), await child(repository, 'arm64')];
      const first = await pushIndex(url, repository, 'v1', [{ pushed: own }, { pushed: shared }]);
      await running.read(repository);
      await pushIndex(url, repository, 'v2', [{ pushed: shared }]);
      const result = await running.remove(repository, { tags: [{ name: 'v1', digest: first.digest }] });
      assert.deepEqual(new Set(result.manifests), new Set([first.digest, own.digest]));
      assert.equal((await running.there(repository, [shared.digest])).length, 1);
    });

    test('ten tags go in one deletion and come back with one undo; one that moved stays', async () => {
      const repository = 'team/ten';
      const tags: { name: string; digest: string }[] = [];
      for (let number = 0; number < 10; number += 1) {
        const name = `v${number}`;
        const { digest } = await pushImageOf(running.url, repository, name, { layers: [`layer ${number >> 1}`] });
        tags.push({ name, digest });
      }
      await running.read(repository);
      const moved = await pushImageOf(running.url, repository, 'v9', { layers: ['another'] });
      const result = await running.remove(repository, { tags }, false);
      const refused = result.items.filter(({ error }) => error !== undefined);
      assert.deepEqual(
        refused.map(({ tag, error }) => [tag, error?.key]),
        [['v9', 'tagMoved']],
      );
      assert.deepEqual(await running.there(repository, [...tags.map(({ name }) => name), moved.digest]), [
        'v9',
        moved.digest,
      ]);
      const outcomes = running.records.filter(({ object }) => String(object).startsWith(`${repository}:`));
      assert.deepEqual([...new Set(outcomes.map(({ outcome }) => outcome))].sort(), ['ok', 'refused']);
      for (const { id } of await running.deletion.trash.batchOf(result.undoId ?? 0)) {
        await running.deleting.restore(ANN, id);
      }
      assert.equal(
        (
          await running.there(
            repository,
            tags.map(({ name }) => name),
          )
        ).length,
        10,
      );
    });

    test('untagged manifests go by digest, never one that an index or an image needs', async () => {
      const repository = 'team/untagged';
      const { url } = running;
      const old = await pushImageOf(url, repository, 'v1', { layers: ['old'] });
      await running.read(repository);
      const listed = await child(repository, 'arm64');
      const index = await pushIndex(url, repository, 'multi', [{ pushed: listed }]);
      const sbom = await pushSbom(url, repository, index);
      await pushImageOf(url, repository, 'v1', { layers: ['new'] });
      await running.read(repository);
      const digests = [old.digest, listed.digest, sbom.digest];
      const plan = await running.plan(repository, { digests });
      assert.deepEqual(
        plan.images.map(({ isUnneeded }) => isUnneeded),
        [true, false, false],
      );
      const result = await running.remove(repository, { digests });
      assert.deepEqual(
        result.items.map(({ error }) => error?.key),
        [undefined, 'manifestNeeded', 'manifestNeeded'],
      );
      assert.deepEqual(await running.there(repository, digests), [listed.digest, sbom.digest]);
      const [kept] = (await running.deletion.trash.page({ repository, limit: 10, maySee: () => true })).rows;
      assert.deepEqual([kept?.tags, kept?.digest, kept?.contentBytes !== 0], [[], old.digest, true]);
    });

    test('everything untagged is planned, without what a tag needs and what was pushed within the hour', async () => {
      const repository = 'team/sweep';
      const { url, deletion, db } = running;
      const listed = await child(repository, 'arm64');
      await pushIndex(url, repository, 'multi', [{ pushed: listed }]);
      const old = await pushImageOf(url, repository, 'v1', { layers: ['old'] });
      await running.read(repository);
      const young = await pushImageOf(url, repository, 'v1', { layers: ['young'] });
      await running.read(repository);
      await pushImageOf(url, repository, 'v1', { layers: ['newest'] });
      await running.read(repository);
      const repositoryId = await running.idOf(repository);
      const planned = async () => {
        const { images } = await deletion.planUntagged(EVERYTHING, repositoryId, 10);
        return images.map(({ digest, isUnneeded }) => [digest, isUnneeded]);
      };
      assert.deepEqual(await planned(), []);
      await db
        .updateTable('held_manifests')
        .set({ first_seen_at: 1 })
        .where('repository_id', '=', repositoryId)
        .where('digest', '!=', young.digest)
        .execute();
      assert.deepEqual(await planned(), [[old.digest, true]]);
    });

    test('a list under a fallback tag names a referrer without a subject: it is one, and goes with its image', async () => {
      const repository = 'team/listed';
      const { url } = running;
      const image = await pushImageOf(url, repository, 'v1', { layers: ['image'] });
      const note = await pushImageOf(url, repository, undefined, {
        layers: ['note'],
        manifest: { artifactType: 'application/vnd.example.note' },
      });
      await pushIndex(url, repository, image.digest.replace(':', '-'), [{ pushed: note }]);
      await running.read(repository);
      const detail = await running.images.detail(repository, 'v1');
      assert.deepEqual(
        detail?.referrers.map(({ digest }) => digest),
        [note.digest],
      );
      const plan = await running.deletion.plan(repository, 'v1', { all: true, id: 1 });
      assert.deepEqual(
        plan.referrers.map(({ digest }) => digest),
        [note.digest],
      );
      await running.remove(repository, { tags: [{ name: 'v1', digest: image.digest }] });
      assert.deepEqual(await running.there(repository, [image.digest, note.digest]), []);
    });
  });
}
