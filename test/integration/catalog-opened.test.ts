/** Where no events come, a repository is looked at when somebody opens it: soon, once, and never too often. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { startCatalog } from '../support/app/catalog.ts';
import { pushImageOf } from '../support/registry/images.ts';
import { registrySkip } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');

async function startOpened(context: TestContext) {
  const quiet = { isQuiet: true };
  const catalog = await startCatalog({ isQuiet: () => quiet.isQuiet });
  context.after(() => catalog.stop());
  await pushImageOf(catalog.url, 'team/app', 'v1', { layers: ['one'] });
  await catalog.indexer.crawl('start');
  catalog.state.asked.length = 0;
  const lists = () => catalog.state.asked.filter((asked) => asked.startsWith('tags ')).length;
  const tag = async (name: string) => {
    const row = await catalog.repositories.find(EVERYTHING, 'team/app');
    return catalog.tags.resolve(row?.id ?? 0, name);
  };
  return { ...catalog, quiet, lists, tag };
}

test('a tag that no event told of is found when its repository is opened', { skip }, async (context) => {
  const { url, indexer, state, lists, tag, reads } = await startOpened(context);
  await indexer.opened('team/app');
  await pushImageOf(url, 'team/app', 'v2', { layers: ['two'] });
  state.clock += 60_000;
  // Two pages at the same moment are one look.
  await Promise.all([indexer.opened('team/app'), indexer.opened('team/app')]);
  assert.equal(lists(), 2);
  assert.deepEqual([(await tag('v2'))?.pushedAt, (await tag('v2'))?.pushedBy], [state.clock, null]);
  assert.deepEqual(reads, ['team/app', 'team/app'], 'open pages hear that it was read');
});

test('when it was pushed is not made up where the last look is long ago', { skip }, async (context) => {
  const { url, indexer, state, tag } = await startOpened(context);
  await pushImageOf(url, 'team/app', 'v2', { layers: ['two'] });
  state.clock += 3_600_000;
  await indexer.opened('team/app');
  assert.equal((await tag('v2'))?.pushedAt, null);
});

test('an opened repository is read again after 15 seconds, and a minute after a failure', { skip }, async (context) => {
  const { indexer, state, lists } = await startOpened(context);
  await indexer.opened('team/app');
  state.clock += 14_000;
  await indexer.opened('team/app');
  assert.equal(lists(), 1);
  state.clock += 1000;
  state.failing.add('tags');
  await indexer.opened('team/app');
  assert.equal(lists(), 2);
  state.failing.clear();
  state.clock += 59_000;
  await indexer.opened('team/app');
  assert.equal(lists(), 2);
  state.clock += 1000;
  await indexer.opened('team/app');
  assert.equal(lists(), 3);
});

test('where events come, or before everything was read once, opening a page asks nothing', {
  skip,
}, async (context) => {
  const { indexer, quiet, lists } = await startOpened(context);
  quiet.isQuiet = false;
  await indexer.opened('team/app');
  assert.equal(lists(), 0);
  const fresh = await startCatalog({ isQuiet: () => true });
  context.after(() => fresh.stop());
  await pushImageOf(fresh.url, 'team/app', 'v1', { layers: ['one'] });
  await fresh.indexer.opened('team/app');
  assert.deepEqual(fresh.state.asked, []);
});
