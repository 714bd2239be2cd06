import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { escapeHtml } from '../../../../server/web/shell/escape-html.ts';
import { createViewEngine } from '../../../../server/web/shell/view-engine.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../support/process/tmp.ts';

const VIEWS = {
  'shell/layout': `<title><%= title %></title>\n<%- drawView() %>`,
  'pages/list': `<% for (const row of rows) { %><%- part('/parts/chip', { text: row.text, tone: row.tone }) %><% } %>
    <%- part('/parts/chip', { text: title }) %><p title="<%= locals.hint %>"><%= \`\${rows.length} "rows"\` %></p>`,
  'parts/chip': `<% const kind = 'chip-' + (locals.tone || 'plain'); %><b class="<%= kind %>"><%= text %><%- part('/parts/mark', { tone: locals.tone }) %></b>`,
  'parts/mark': `<% if (locals.tone) { const text = 'marked'; %><i><%= text %> <%= tone %></i><% } %>`,
  'pages/broken': '<%= nowhere %>',
};
let folder: TemporaryFolder;
before(async () => {
  folder = await temporaryFolder('views');
  for (const [name, text] of Object.entries(VIEWS)) {
    await mkdir(join(folder.path, name, '..'), { recursive: true });
    await writeFile(join(folder.path, `${name}.ejs`), text);
  }
});
after(() => folder.remove());

const model = { title: "<Title> & 'more'", rows: [{ text: 'a"b', tone: 'red' }, { text: 'c' }] };

test('draws the same in production and while developing', async () => {
  const [fast, strict] = [createViewEngine(folder.path, true), createViewEngine(folder.path, false)];
  const html = await strict('pages/list', model);
  assert.match(html, /<title>&lt;Title&gt; &amp; &#39;more&#39;<\/title>/);
  assert.match(html, /<b class="chip-red">a&#34;b<i>marked red<\/i><\/b><b class="chip-plain">c<\/b>/);
  assert.match(html, /<p title="">2 &#34;rows&#34;<\/p>/);
  assert.equal(await fast('pages/list', model), html);
  assert.equal(await fast('pages/list', model), html);
});

test('a part sees what it is given, and nothing of the page around it', async () => {
  const html = await createViewEngine(folder.path, true)('pages/list', { ...model, tone: 'violet' });
  assert.match(html, /chip-red/);
  assert.match(html, /chip-plain">&lt;Title/);
});

for (const [cache, when] of [
  [true, 'in production'],
  [false, 'while developing'],
] as const) {
  test(`a name that the model lacks is an error ${when}`, async () => {
    const draw = createViewEngine(folder.path, cache);
    await assert.rejects(draw('pages/broken', model), /nowhere/);
    assert.match(await draw('pages/broken', { ...model, nowhere: 'here' }), /here/);
    await assert.rejects(draw('pages/broken', model), /nowhere/);
  });
}

const escaped = [
  ['plain text', 'plain text'],
  ['<a href="x">\'&', '&lt;a href=&#34;x&#34;&gt;&#39;&amp;'],
  [0, '0'],
  [null, ''],
  [undefined, ''],
  [['<', 1], '&lt;,1'],
] as const;
for (const [value, text] of escaped)
  test(`${String(value)} is drawn as ${text}`, () => assert.equal(escapeHtml(value), text));
