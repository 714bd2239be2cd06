/** Colours stand in one file, and what stands on what can be read by everybody (WCAG 1.4.3 and 1.4.11). */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const FOLDER = join(import.meta.dirname, '..', '..', '..', '..', 'public', 'css');
const TOKENS = 'shell/tokens.css';
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
const styles = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.css') && name !== TOKENS,
);

type Tokens = ReadonlyMap<string, string>;

const TOKEN = /--rw-([\w-]+):\s*(?:light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}));/gi;
const tokens = [...read(TOKENS).matchAll(TOKEN)];
const light: Tokens = new Map(tokens.map(([, name = '', first, , only = '']) => [name, first ?? only]));
const dark: Tokens = new Map(tokens.map(([, name = '', , second, only = '']) => [name, second ?? only]));

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(colours: Tokens, one: string, other: string): number {
  const [a, b] = [one, other].map((name) => luminance(colours.get(name) ?? assert.fail(`no token ${name}`)));
  return (Math.max(a ?? 0, b ?? 0) + 0.05) / (Math.min(a ?? 0, b ?? 0) + 0.05);
}

interface Rule {
  readonly file: string;
  readonly selector: string;
  readonly color: string | undefined;
  readonly background: string | undefined;
}

/** Rules whose text, or whose ground, is a token. */
function rulesOf(file: string): readonly Rule[] {
  const token = (body: string, property: string) =>
    new RegExp(`(?:^|[;{\\s])${property}:\\s*var\\(--rw-([\\w-]+)\\)\\s*(?:;|$)`).exec(body)?.[1];
  return [...read(file).matchAll(/([^{}]+)\{([^{}]*)\}/g)].map(([, selector = '', body = '']) => ({
    file,
    selector: selector.trim(),
    color: token(body, 'color'),
    background: token(body, 'background(?:-color)?'),
  }));
}

const rules = styles.flatMap(rulesOf);
/** Text without a ground of its own stands on one of these. */
const GROUNDS = ['page', 'card', 'sunk'];
/** Decoration and what is switched off (WCAG 1.4.3 leaves both out): icons of empty lists, disabled buttons. */
const DECORATION = /\.empty > \.icon|\[disabled\]|is-disabled|::before|::after|\.faint\b/;
/** They only ever stand on a strong ground, which their own rule or that of a neighbour names. */
const ON_STRONG = new Set(['on-accent', 'on-strong']);

function pairs(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { file, selector, color, background } of rules) {
    if (color === undefined || DECORATION.test(selector)) continue;
    if (background === undefined && ON_STRONG.has(color)) continue;
    // The ground where the text is inverted, as on the bubble that says "copied".
    for (const ground of background === undefined ? GROUNDS.filter((name) => name !== color) : [background]) {
      found.set(`${color} on ${ground}`, `${file}: ${selector}`);
    }
  }
  for (const person of light.keys())
    if (person.startsWith('person')) found.set(`on-strong on ${person}`, 'parts/marks.css');
  for (const step of [1, 2, 3, 4, 5]) found.set(`on-ramp-${step} on ramp-${step}`, 'space.css');
  return found;
}

for (const [scheme, colours] of [
  ['light', light],
  ['dark', dark],
] as const) {
  test(`text can be read (${scheme})`, () => {
    const weak = [...pairs()]
      .map(([pair, where]) => ({ pair, where, ratio: contrast(colours, ...(pair.split(' on ') as [string, string])) }))
      .filter(({ ratio }) => ratio < 4.5);
    assert.deepEqual(weak, []);
  });

  test(`the edge of what one types into, the focus and dots can be told (${scheme})`, () => {
    for (const line of ['control', 'accent', 'good', 'red']) {
      for (const ground of GROUNDS) assert.ok(contrast(colours, line, ground) >= 3, `${line} on ${ground}`);
    }
  });
}

test('many pairs are measured', () => assert.ok(pairs().size > 25, `${pairs().size}`));

test('paper is light, and otherwise the reader or the browser decides', () => {
  const schemes = [...read(TOKENS).matchAll(/(:root[^{};]*)\{[^{}]*?color-scheme: ([\w ]+);/g)];
  assert.deepEqual(
    schemes.map(([, selector = '', scheme]) => [selector.replace(/\s+/g, ' ').trim(), scheme]),
    [
      [':root', 'light dark'],
      [':root[data-bs-theme="light"]', 'light'],
      [':root[data-bs-theme="dark"]', 'dark'],
      [':root, :root[data-bs-theme]', 'light'],
    ],
  );
});

test('no colour stands outside of the tokens', () => {
  const found = styles.flatMap((name) =>
    (read(name).match(/#[0-9a-f]{3,8}\b(?=[^{}]*[;}])/gi) ?? []).map((hex) => `${name} ${hex}`),
  );
  assert.deepEqual(found, []);
});

test('what is used is there', () => {
  const known = new Set([...read(TOKENS).matchAll(/--rw-([\w-]+):/g)].map(([, name]) => name));
  const used = styles.flatMap((name) => [...read(name).matchAll(/var\(--rw-([\w-]+)/g)].map(([, token]) => token));
  assert.deepEqual(
    [...new Set(used)].filter((token) => !known.has(token)),
    [],
  );
});
