import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPlaceholders } from '../../../../server/web/shell/placeholders.ts';
import { createSharedPages, type SharedPageRequest } from '../../../../server/web/shell/shared-pages.ts';

function start() {
  const placeholders = createPlaceholders();
  const state = { version: 'a', now: 0, text: 'first', isCacheable: true, isThere: true, draws: 0 };
  const pages = createSharedPages({ placeholders, version: async () => state.version, clock: () => state.now });
  const asked = (others: Partial<SharedPageRequest> = {}): SharedPageRequest => ({
    ...{ key: 'list', audience: 'team', personal: undefined, isBackground: false },
    startDraw: (personal) => async () => {
      state.draws += 1;
      const html = `${state.text} ${personal ?? ''}${placeholders.marks.csrf}`;
      return state.isThere ? { html, live: '*', isCacheable: state.isCacheable } : undefined;
    },
    ...others,
  });
  const text = async (others: Partial<SharedPageRequest> = {}) => (await pages.find(asked(others)))?.text;
  return { state, pages, asked, text, placeholders };
}

test('who asks again gets what was drawn', async () => {
  const { state, text } = start();
  assert.equal(await text(), 'first ');
  state.text = 'second';
  assert.equal(await text(), 'first ');
  assert.equal(state.draws, 1);
});

test('a shared page is drawn anew after anything was written', async () => {
  const { state, text } = start();
  await text();
  [state.version, state.text] = ['b', 'second'];
  assert.equal(await text(), 'second ');
});

test('a shared page is drawn anew when it is some seconds old, because it tells how long ago things were', async () => {
  const { state, text } = start();
  await text();
  state.text = 'second';
  state.now = 9_999;
  assert.equal(await text(), 'first ');
  state.now = 10_001;
  assert.equal(await text(), 'second ');
});

test('many who ask at once wait for one drawing', async () => {
  const { state, text } = start();
  await Promise.all(Array.from({ length: 50 }, () => text()));
  assert.equal(state.draws, 1);
});

test('who asks while it is drawn, but after something was written, gets what was written', async () => {
  const { state, pages, asked } = start();
  const first = pages.find(asked({ startDraw: () => async () => ({ html: 'old', live: '*', isCacheable: true }) }));
  [state.version, state.text] = ['b', 'new'];
  const second = pages.find(asked());
  assert.deepEqual([(await first)?.text, (await second)?.text], ['old', 'new ']);
});

test('another address or other rights are another page', async () => {
  const { state, text } = start();
  await text();
  state.text = 'other';
  assert.equal(await text({ key: 'list 2' }), 'other ');
});

test('what shows something of the person is shared by those for whom that is equal', async () => {
  const { state, text, pages, asked } = start();
  const of = (id: string, value: unknown) => ({ personal: { id, read: async () => value } });
  assert.equal(await text(of('lin', 'star')), 'first star');
  assert.equal(await text(of('wei', 'star')), 'first star');
  assert.equal(state.draws, 1);
  assert.equal(await text(of('ann', undefined)), 'first ');
  assert.equal((await pages.find(asked(of('lin', 'star'))))?.isPersonal, true);
  assert.equal((await pages.find(asked(of('ann', undefined))))?.isPersonal, false);
});

test('what is known of the person is read once, until something is written', async () => {
  const { state, text } = start();
  let reads = 0;
  const read = async () => {
    reads += 1;
    return String(reads);
  };
  const personal = { id: 'lin', read };
  await text({ personal });
  assert.equal(await text({ personal }), 'first 1');
  state.version = 'b';
  assert.equal(await text({ personal }), 'first 2');
});

test('what may be different the next time is not remembered', async () => {
  const { state, text } = start();
  state.isCacheable = false;
  await text();
  state.text = 'second';
  assert.equal(await text(), 'second ');
});

test('what is gone is not shown from memory', async () => {
  const { state, text, pages, asked } = start();
  const shown = await pages.find(asked());
  [state.version, state.isThere] = ['b', false];
  assert.equal(await text(), undefined);
  assert.equal(pages.byHash(shown?.hash ?? ''), undefined);
});

test('a failure is told to who asked, and nothing of it stays', async () => {
  const { text } = start();
  const failing = () => async () => {
    throw new Error('no registry');
  };
  await assert.rejects(text({ startDraw: failing }), /no registry/);
  assert.equal(await text(), 'first ');
});

test('an open page gets what it was told of, though more was written since; who opens a page gets everything', async () => {
  const { state, text, pages } = start();
  pages.markChanged();
  await text();
  [state.version, state.text] = ['b', 'second'];
  assert.equal(await text({ isBackground: true }), 'first ');
  assert.equal(await text(), 'second ');
  [state.version, state.text] = ['c', 'third'];
  pages.markChanged();
  assert.equal(await text({ isBackground: true }), 'third ');
});

test('before any news an open page gets everything', async () => {
  const { state, text } = start();
  await text();
  [state.version, state.text] = ['b', 'second'];
  assert.equal(await text({ isBackground: true }), 'second ');
});

test('a page is found by its hash, also by the one that it had before', async () => {
  const { state, pages, asked } = start();
  const first = await pages.find(asked());
  [state.version, state.text] = ['b', 'second'];
  const second = await pages.find(asked());
  assert.notEqual(first?.hash, second?.hash);
  assert.equal(pages.byHash(first?.hash ?? ''), pages.byHash(second?.hash ?? ''));
  assert.equal(pages.byHash('unknown'), undefined);
});

test('renewing draws it anew after news, and once only', async () => {
  const { state, pages, asked } = start();
  await pages.find(asked());
  [state.version, state.text] = ['b', 'second'];
  pages.markChanged();
  const [one, other] = await Promise.all([pages.refresh('list'), pages.refresh('list')]);
  assert.equal(one, other);
  assert.equal(one?.text, 'second ');
  assert.equal(state.draws, 2);
  assert.equal(await pages.refresh('nothing'), undefined);
});

test('what everybody gets holds no form token, and tells whether the name is missing', async () => {
  const { pages, asked, placeholders } = start();
  const withName = async () => ({
    html: `${placeholders.marks.name} ${placeholders.marks.csrf} ${placeholders.marks.me}`,
    live: undefined,
    isCacheable: true,
  });
  const plain = await pages.find(asked());
  const named = await pages.find(asked({ key: 'home', startDraw: () => withName }));
  assert.deepEqual([plain?.hasName, named?.hasName], [false, true]);
  assert.equal(named?.text, `${placeholders.marks.name}  `);
});
