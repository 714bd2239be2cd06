import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { escapeHtml } from '../../../../server/web/shell/escape-html.ts';
import { createViewEngine } from '../../../../server/web/shell/view-engine.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../support/tmp.ts';

const VIEWS = {
  'shell/layout': `<title><%= title %></title>\n<%- include('/' + view) %>`,
  'pages/list': `<% for (const row of rows) { %><%- include('/parts/chip', { text: row.text, tone: row.tone }) %><% } %>
    <%- include('/parts/chip', { text: title }) %><p title="<%= locals.hint %>"><%= \`\${rows.length} "rows"\` %></p>`,
  'parts/chip': `<% const kind = 'chip-' + (locals.tone || 'plain'); %><b class="<%= kind %>"><%= text %><%- include('/parts/mark') %></b>`,
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

test('a part sees what it is given before what the page has, and leaves the page as it was', async () => {
  const html = await createViewEngine(folder.path, true)('pages/list', { ...model, tone: 'violet' });
  assert.match(html, /chip-red/);
  assert.match(html, /chip-violet">&lt;Title/);
});

test('while developing, a name that the model lacks is an error', async () => {
  await assert.rejects(createViewEngine(folder.path, false)('pages/broken', model), /nowhere/);
});

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
