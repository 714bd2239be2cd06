import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ejs from 'ejs';
import fc from 'fast-check';
import { type MarkdownPart, markdownParts, plainSummary } from '../../../../server/web/parts/markdown.ts';
import { templateText } from '../../../../server/web/shell/template-text.ts';

const TEMPLATE = join(import.meta.dirname, '..', '..', '..', '..', 'views', 'parts', 'markdown.ejs');
const draw = ejs.compile(templateText(readFileSync(TEMPLATE, 'utf8')));
const html = (text: string) => draw({ parts: markdownParts(text) });
const links = (parts: readonly MarkdownPart[]) =>
  parts.flatMap((part) => (part.kind === 'open' && part.href !== null ? [part.href] : []));

test('headings, lists, tables, code and links are drawn', () => {
  const text =
    '# A `b`\n\none **two** [x](https://e.com)\n\n1. a\n2. b\n\n|a|b|\n|-|-|\n|1|2|\n\n```sh\n<b>\n```\n\n---\n> q';
  const drawn = html(text);
  for (const piece of [
    '<h3>A <code>b</code></h3>',
    '<strong>two</strong>',
    '<a href="https://e.com/" rel="noopener noreferrer nofollow">x</a>',
    '<ol><li>a</li><li>b</li></ol>',
    '<th>a</th>',
    '<td>2</td>',
    '<pre><code>&lt;b&gt;\n</code></pre>',
    '<hr>',
    '<blockquote><p>q</p></blockquote>',
  ]) {
    assert.ok(drawn.includes(piece), `${piece} in ${drawn}`);
  }
});

const hostile = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](vbscript:x)',
  '[x](data:text/html,<script>alert(1)</script>)',
  '![x](data:image/svg+xml;base64,PHN2Zz4=)',
  '![x](javascript:alert(1))',
  '[x](https://user:secret@e.com)',
  '[x](//e.com)',
  '[x](/login?next=x)',
  '<javascript:alert(1)>',
  '[x]: javascript:alert(1)\n\n[x]',
  '`<script>alert(1)</script>`',
  '[a"onmouseover="alert(1)](https://e.com/"onmouseover="alert(1))',
  '<!--[if IE]><script>alert(1)</script><![endif]-->',
  '<style>*{display:none}</style>',
  '<meta http-equiv=refresh content=0>',
  '<form action=//e.com><input name=password>',
  '</div></main><h1>x',
];
for (const text of hostile) {
  test(`${text.slice(0, 60)} does nothing`, () => {
    const drawn = html(text);
    const tags = [...drawn.matchAll(/<\/?([a-z0-9]+)([^>]*)>/g)];
    assert.ok(tags.length > 0, 'something is drawn');
    for (const [whole, tag = ''] of tags) {
      assert.ok(['div', 'p', 'a', 'code', 'h3', 'hr', 'br', 'ul', 'li'].includes(tag), whole);
      assert.match(
        whole,
        /^<\/?[a-z0-9]+(?: class="rich-text"| href="https?:\/\/[^"<>]*" rel="noopener noreferrer nofollow")?>$/,
      );
    }
    for (const href of links(markdownParts(text))) assert.match(href, /^https?:\/\/e\.com/);
  });
}

test('nothing is loaded from elsewhere: a picture is a link with its description', () => {
  const drawn = html('![Build](https://ci.example.com/badge.svg) [![Badge](https://e.com/b.svg)](https://e.com)');
  assert.doesNotMatch(drawn, /<img|src=/);
  assert.match(drawn, /<a href="https:\/\/ci\.example\.com\/badge\.svg"[^>]*>Build<\/a>/);
  assert.match(drawn, /<a href="https:\/\/e\.com\/"[^>]*>Badge<\/a>/);
});

test('levels of headings have no gaps, and none is empty', () => {
  const tags = markdownParts('### a\n\n###### b\n\n#\n\n# c\n\n##### d').flatMap((part) =>
    part.kind === 'open' && part.tag.startsWith('h') ? [part.tag] : [],
  );
  assert.deepEqual(tags, ['h3', 'h4', 'h3', 'h4']);
});

const heavy: readonly (readonly [string, string])[] = [
  ['quotes in quotes', '>'.repeat(60_000)],
  ['lists in lists', Array.from({ length: 400 }, (_, depth) => `${'  '.repeat(depth)}- x`).join('\n')],
  ['open brackets', '['.repeat(60_000)],
  ['open images', '!['.repeat(30_000)],
  ['emphasis', '*a_'.repeat(20_000)],
  ['backticks', Array.from({ length: 300 }, (_, length) => '`'.repeat(length)).join(' ')],
  ['links in links', '[a](b'.repeat(12_000)],
  ['references', '[a]: x\n'.repeat(9000)],
  ['a wide table', `|${'a|'.repeat(2000)}\n|${'-|'.repeat(2000)}\n${`|${'b|'.repeat(2000)}\n`.repeat(8)}`],
  ['addresses', 'https://e.com '.repeat(4500)],
  ['entities', '&#x41;'.repeat(10_000)],
];
for (const [name, text] of heavy) {
  test(`ends with ${name}, opened and closed evenly`, () => {
    const open: string[] = [];
    for (const part of markdownParts(text)) {
      if (part.kind === 'open') open.push(part.tag);
      if (part.kind === 'close') assert.equal(open.pop(), part.tag);
    }
    assert.deepEqual(open, []);
  });
}

test('any text comes out as tags that close, and links to http and https alone', () => {
  const unit = fc.constantFrom(
    '|',
    '-',
    '`',
    '\n',
    '#',
    ' ',
    '[',
    ']',
    '(',
    ')',
    '*',
    '_',
    '<',
    '>',
    '!',
    '&',
    ':',
    'a',
    'javascript:',
    'https://e.com',
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 80 }), (text) => {
      const parts = markdownParts(text);
      const depth = parts.reduce((sum, part) => sum + Number(part.kind === 'open') - Number(part.kind === 'close'), 0);
      assert.equal(depth, 0);
      for (const href of links(parts)) assert.match(href, /^https?:\/\//);
    }),
    { numRuns: 500 },
  );
});

const summaries = [
  ['# Title\n\nThe **gateway** of [us](https://e.com).\nOwned by x.', 'The gateway of us. Owned by x.'],
  ['[![b](https://e.com/b.svg)](https://e.com) ![c](x)\n\nReal words.', 'Real words.'],
  ['# Only a title', 'Only a title'],
  ['<b>x</b>', '<b>x</b>'],
  ['', ''],
  [`${'word '.repeat(100)}`, `${'word '.repeat(32).trimEnd()}…`],
] as const;
for (const [text, expected] of summaries) {
  test(`in one line: ${text.slice(0, 30).replaceAll('\n', ' ')}`, () => assert.equal(plainSummary(text), expected));
}
