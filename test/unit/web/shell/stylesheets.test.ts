/** Where to change how something looks is said by one file: no other one names the same selector. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const FOLDER = join(import.meta.dirname, '..', '..', '..', '..', 'public', 'css');
/** On paper everything looks different, and that is said in one place. */
const PAPER = 'shell/print.css';
const sheets = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.css'));

/** Commas inside of `:is(…)` part nothing. */
const BETWEEN_COMMAS = /(?:[^,(]|\((?:[^()]|\([^()]*\))*\))+/g;

function selectorsOf(name: string): ReadonlySet<string> {
  const text = readFileSync(join(FOLDER, name), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const heads = [...text.matchAll(/([^{};]+)\{/g)].map(([, head = '']) => head.trim());
  const selectors = heads
    .filter((head) => !/^(?:@|from$|to$|\d)/.test(head))
    .flatMap((head) => head.match(BETWEEN_COMMAS) ?? []);
  return new Set(selectors.map((selector) => selector.trim().replace(/\s+/g, ' ')));
}

test('a selector is owned by one style sheet', () => {
  const owners = new Map<string, string[]>();
  for (const sheet of sheets.filter((name) => name !== PAPER)) {
    for (const selector of selectorsOf(sheet)) owners.set(selector, [...(owners.get(selector) ?? []), sheet]);
  }
  assert.ok(owners.size > 500, `${owners.size} selectors`);
  assert.deepEqual(
    [...owners].filter(([, names]) => names.length > 1),
    [],
  );
});

test('the one for paper holds nothing else', () => {
  const [before, paper] = readFileSync(join(FOLDER, PAPER), 'utf8').split('@media print {');
  assert.doesNotMatch(before ?? '', /\{/);
  assert.match(paper ?? '', /\}\s*\}\s*$/);
});
