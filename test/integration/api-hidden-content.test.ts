/** What a viewer is told is the same, whether a repository that the viewer may not see holds the same content or not. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSpaceSums } from '../../server/catalog/space/space-sums.ts';
import { createLogger } from '../../server/log.ts';
import { ADMIN, addPeople, MEMBER, OUTSIDER, startApi, type TestApi } from '../support/app/api.ts';
import { type SeedImage, seedRepository } from '../support/data/seed.ts';

/** Without the hidden repository, and with it. */
let without: TestApi;
let beside: TestApi;
let digest = '';
let foreign = '';

const IMAGES: readonly SeedImage[] = [
  { tags: ['v1'], layers: ['base', 'own'], sizeBytes: 5000 },
  { tags: ['v2'], layers: ['base', 'other'], sizeBytes: 5000 },
  // Untagged: reclaimable, unless somebody else has it tagged.
  { layers: ['left over'], sizeBytes: 700, salt: 'left over' },
];

async function startWorld(hasHidden: boolean): Promise<TestApi> {
  const app = await startApi();
  await addPeople(app);
  digest = (await seedRepository(app.db, 'team/app', IMAGES)).digests[0] ?? '';
  await seedRepository(app.db, 'team/side', [
    { tags: ['v1'], layers: ['base', 'side'], sizeBytes: 5000, salt: 'side' },
  ]);
  // The registry takes whatever digest this names, because nothing of it is stored.
  const named = { tags: ['v1'], layers: ['only hidden'], sizeBytes: 1, keptAt: 'https://mirror.example.com/layer' };
  foreign = (await seedRepository(app.db, 'team/foreign', [named])).digests[0] ?? '';
  if (hasHidden) {
    await seedRepository(app.db, 'secret/app', IMAGES.map((image) => ({ ...image, tags: ['hidden'] })).slice(0, 2));
    await seedRepository(app.db, 'team-secret/app', [
      { tags: ['v1'], layers: ['own', 'side', 'only hidden'], sizeBytes: 5000, salt: 'hidden' },
      { tags: ['v2'], layers: ['left over'], sizeBytes: 700, salt: 'hidden too' },
    ]);
  }
  // Their sets of patterns exist once they looked.
  for (const who of [MEMBER, OUTSIDER]) await app.ask('/space', who);
  await createSpaceSums({ db: app.db, now: Date.now, log: createLogger('silent') }).sum();
  return app;
}

before(async () => {
  without = await startWorld(false);
  beside = await startWorld(true);
});
after(async () => {
  await without?.stop();
  await beside?.stop();
});

async function told(app: TestApi, path: string, who: string): Promise<string> {
  const answer = await app.ask(path, who);
  const text = await answer.text();
  // Each world has a clock and addresses of its own.
  return `${answer.status} ${text.replaceAll(/"summedAt":"[^"]*"/g, '"summedAt":"…"').replaceAll(app.url, '')}`;
}

const paths = () => [
  ...['name', 'size', 'unique'].map((sort) => `/repositories?sort=${sort}`),
  ...['size', 'unique', 'shared', 'reclaimable'].map((sort) => `/space?sort=${sort}`),
  ...['/folders?sort=unique', '/space?folder=team&sort=unique', '/space/history', '/space/history?folder=team'],
  ...['', '/-/images', '/-/tags', '/-/untagged', '/-/space/history'].map((rest) => `/repositories/team/app${rest}`),
  `/repositories/team/app/-/manifests/${digest}`,
  ...['/repositories/team/foreign', `/repositories/team/foreign/-/manifests/${foreign}`],
  `/repositories/secret/app/-/manifests/${digest}`,
  `/search?q=${encodeURIComponent('app')}`,
];

for (const [name, who] of [
  ['a member', MEMBER],
  ['an outsider', OUTSIDER],
  ['nobody', ''],
] as const) {
  test(`${name} cannot tell whether a hidden repository has the same content`, async () => {
    for (const path of paths()) assert.equal(await told(beside, path, who), await told(without, path, who), path);
  });
}

test('an admin is told what is unique among all repositories, a member among those of the team', async () => {
  const unique = async (app: TestApi, who: string) => {
    const repository = JSON.parse(await (await app.ask('/repositories/team/app', who)).text());
    const image = JSON.parse(await (await app.ask(`/repositories/team/app/-/manifests/${digest}`, who)).text());
    return [repository.uniqueBytes, repository.reclaimableBytes, image.uniqueBytes] as number[];
  };
  const [ofAll, , ofImage] = await unique(beside, ADMIN);
  const [ofTeam, reclaimable, ofTeamImage] = await unique(beside, MEMBER);
  assert.ok(ofAll !== undefined && ofTeam !== undefined && ofAll < ofTeam, `${ofAll} ${ofTeam}`);
  assert.ok(ofImage !== undefined && ofTeamImage !== undefined && ofImage < ofTeamImage);
  assert.ok((reclaimable ?? 0) >= 700, 'nobody of the team uses what is untagged');
  assert.deepEqual(
    await unique(without, MEMBER),
    await unique(without, ADMIN),
    'without hidden ones both are the same',
  );
});
