import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageView } from '../../../../server/web/image/image-view.ts';
import { renderPage, testPage } from '../../../support/app/render.ts';
import { imageDetail } from '../../../support/data/browse-facts.ts';

test('the layers of schema 1, which have no sizes, are not shown as empty', async () => {
  const { content } = imageDetail();
  assert.ok(content);
  const layers = content.layers.map((layer) => ({ ...layer, sizeBytes: 0, share: 0 }));
  const detail = imageDetail({ sizeBytes: 0, content: { ...content, layers } });
  const page = testPage();
  const view = imageView({ page, host: 'r.example.com', tag: 'v1', detail, notices: [], deleteNote: '' });
  assert.deepEqual(
    new Set(view.layers.filter(({ step }) => step !== null).map(({ sizeBytes }) => sizeBytes)),
    new Set([null]),
  );
  assert.equal(view.facts.size, '–');
  const html = await renderPage(page, 'image/image', view);
  assert.match(html, /<td class="num">–</);
});
