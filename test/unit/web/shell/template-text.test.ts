import assert from 'node:assert/strict';
import { test } from 'node:test';
import ejs from 'ejs';
import { templateText } from '../../../../server/web/shell/template-text.ts';

const draw = (template: string, locals: object = {}) => ejs.render(templateText(template), locals);

const drawn = [
  ['<p>\n  <b>a</b>\n  <i>b</i>\n</p>\n', '<p><b>a</b><i>b</i></p>'],
  ['<b>a</b>&#32;\n<i>b</i>', '<b>a</b> <i>b</i>'],
  ['<p>\n  one two\n</p>', '<p>one two</p>'],
  ['<tr>\n  <td>\n    a\n  </td>\n  <td>b</td>\n</tr>\n<tr>', '<tr><td>a<td>b<tr>'],
  ['<a\n  class="x"\n  href="y">', '<a class="x" href="y">'],
  ['<a class="x"\n  <% if (false) { %> href="y"<% } %>>', '<a class="x">'],
  ['<a title="<%= 1 > 0 ? `a\nb` : `` %>">', '<a title="a\nb">'],
  ['<% for (const n of [1, 2]) { %>\n  <li><%= n %></li>\n<% } %>', '<li>1<li>2'],
] as const;
for (const [template, html] of drawn) {
  test(`${JSON.stringify(template)} is drawn lean`, () => assert.equal(draw(template), html));
}

test('an error names the line of the template', () => {
  assert.throws(() => draw('<p>\n  <a\n    href="x">\n  </a>\n\n  <%= nowhere %>\n</p>'), /ejs:6\n/);
});
