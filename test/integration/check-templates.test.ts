import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const PROJECT = join(import.meta.dirname, '..', '..');
const SERVER = { 'server/web/image.ts': "page.render('image/image', model);" };

/** Runs the check over made-up files. */
function check(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'templates-'));
  try {
    for (const [name, text] of Object.entries({ ...SERVER, ...files })) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const { status, stdout } = spawnSync(process.execPath, ['scripts/check-templates.mjs', folder], {
      ...{ cwd: PROJECT, encoding: 'utf8' },
    });
    return { status, lines: stdout.split('\n').filter(Boolean) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const twice = "<%- part('/parts/icon', { icon }) %>\n<%- part('/parts/icon', { icon }) %>\n";
const once = "<%- part('/parts/icon', {\n  icon,\n}) %>\n";
// biome-ignore lint/suspicious/noTemplateCurlyInString: as a template says it
const chosen = '<%- part(`/image/tab-${tab}`, { facts }) %>\n';

const cases = [
  ['a page, and a partial with two callers', { 'image/image': twice, 'parts/icon': '<i></i>\n' }, []],
  [
    'a partial with one caller',
    { 'image/image': once, 'parts/icon': '<i></i>\n' },
    ['views/parts/icon.ejs: one caller, fold it back there'],
  ],
  [
    'a partial that only draws itself besides',
    { 'image/image': once, 'parts/icon': once },
    ['views/parts/icon.ejs: one caller, fold it back there'],
  ],
  [
    'a template that nothing draws',
    { 'image/image': '<p></p>\n', 'parts/icon': '<i></i>\n' },
    ['views/parts/icon.ejs: nothing draws it'],
  ],
  ['tabs, chosen by name', { 'image/image': chosen, 'image/tab-chart': '', 'image/tab-files': '' }, []],
  [
    'a choice of one',
    { 'image/image': chosen, 'image/tab-chart': '' },
    ['views/image/tab-chart.ejs: nothing draws it'],
  ],
  [
    'a crowded and a long line',
    { 'image/image': `<p><b></b></p>\n${'x'.repeat(141)}\n` },
    ['views/image/image.ejs:2 has 141 characters', 'views/image/image.ejs:1 has several elements'],
  ],
] as const;

for (const [name, views, problems] of cases) {
  test(`templates are checked: ${name}`, () => {
    const files = Object.entries(views).map(([view, text]) => [`views/${view}.ejs`, text] as const);
    const { status, lines } = check(Object.fromEntries(files));
    assert.deepEqual(lines, problems);
    assert.equal(status, problems.length === 0 ? 0 : 1);
  });
}
