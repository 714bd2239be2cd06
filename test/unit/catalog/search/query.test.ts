import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_QUERY_LENGTH, MAX_TERMS, parseQuery, printQuery } from '../../../../server/catalog/search/query.ts';

const part = (text: string) => ({ kind: 'part', text });
const whole = (text: string) => ({ kind: 'whole', text });
const glob = (text: string) => ({ kind: 'glob', text });
const DAY = 86_400_000;

const read: readonly (readonly [string, readonly object[]])[] = [
  ['', []],
  ['  \t\n ', []],
  ['nginx', [{ on: 'anything', text: part('nginx') }]],
  [
    'team core',
    [
      { on: 'anything', text: part('team') },
      { on: 'anything', text: part('core') },
    ],
  ],
  ['"team core"', [{ on: 'anything', text: part('team core') }]],
  ['"a \\" b \\\\ c"', [{ on: 'anything', text: part('a " b \\ c') }]],
  ['"open', [{ on: 'anything', text: part('open') }]],
  ['v1.*', [{ on: 'anything', text: glob('v1.*') }]],
  ['"v1.*"', [{ on: 'anything', text: part('v1.*') }]],
  ['"tag:v1"', [{ on: 'anything', text: part('tag:v1') }]],
  ['100%_\\', [{ on: 'anything', text: part('100%_\\') }]],
  ['repo:team/app', [{ on: 'repository', text: part('team/app') }]],
  ['repo:team/*', [{ on: 'repository', text: glob('team/*') }]],
  ['tag:v1', [{ on: 'tag', text: whole('v1') }]],
  ['TAG:v1.[0-9]', [{ on: 'tag', text: glob('v1.[0-9]') }]],
  [
    'nginx:1.25',
    [
      { on: 'repository', text: part('nginx') },
      { on: 'tag', text: whole('1.25') },
    ],
  ],
  ['team/app:', [{ on: 'repository', text: part('team/app') }]],
  [
    'team/app@sha256:6f0a',
    [
      { on: 'repository', text: part('team/app') },
      { on: 'digest', prefix: 'sha256:6f0a' },
    ],
  ],
  ['sha256:6F0A', [{ on: 'digest', prefix: 'sha256:6f0a' }]],
  ['digest:6f0a91', [{ on: 'digest', prefix: 'sha256:6f0a91' }]],
  ['digest:sha512:6f0a91', [{ on: 'digest', prefix: 'sha512:6f0a91' }]],
  ['label:team', [{ on: 'label', key: 'team', value: null }]],
  ['label:team=core', [{ on: 'label', key: 'team', value: whole('core') }]],
  ['annotation:"a b=c d"', [{ on: 'label', key: 'a b', value: whole('c d') }]],
  ['label:team=c*', [{ on: 'label', key: 'team', value: glob('c*') }]],
  ['by:wei', [{ on: 'pusher', text: whole('wei') }]],
  ['pushed-by:ci-*', [{ on: 'pusher', text: glob('ci-*') }]],
  ['older:90d', [{ on: 'pushed', isBefore: true, age: { ageMs: 90 * DAY } }]],
  ['newer:2w', [{ on: 'pushed', isBefore: false, age: { ageMs: 14 * DAY } }]],
  ['older:2026-01-31', [{ on: 'pushed', isBefore: true, age: { atMs: Date.UTC(2026, 0, 31) } }]],
  ['pulled-older:1y', [{ on: 'pulled', isBefore: true, age: { ageMs: 365 * DAY } }]],
  ['size:>1GB', [{ on: 'size', range: { min: 1e9 + 1, max: null } }]],
  ['size:>=1.5gb', [{ on: 'size', range: { min: 1.5e9, max: null } }]],
  ['size:<10MiB', [{ on: 'size', range: { min: null, max: 10 * 1024 * 1024 - 1 } }]],
  ['size:1GB..2GB', [{ on: 'size', range: { min: 1e9, max: 2e9 } }]],
  ['size:..2GB', [{ on: 'size', range: { min: null, max: 2e9 } }]],
  ['size:2GB', [{ on: 'size', range: { min: 2e9, max: null } }]],
  ['arch:x86_64', [{ on: 'platform', os: '', architecture: 'amd64', variant: '' }]],
  ['os:windows', [{ on: 'platform', os: 'windows', architecture: '', variant: '' }]],
  ['platform:linux/arm/v7', [{ on: 'platform', os: 'linux', architecture: 'arm', variant: 'v7' }]],
  ['type:helm', [{ on: 'kind', kind: 'helm' }]],
  ['pulls:0', [{ on: 'pulls', range: { min: 0, max: 0 } }]],
  ['pulls:>9', [{ on: 'pulls', range: { min: 10, max: null } }]],
  ['never:pulled', [{ on: 'pulls', range: { min: null, max: 0 } }]],
  ['is:untagged', [{ on: 'untagged' }]],
  ['has:sbom', [{ on: 'referrer', kind: 'sbom' }]],
  ['folder:/team/', [{ on: 'folder', path: 'team' }]],
];
for (const [text, tests] of read) {
  test(`reads ${text.trim() || 'nothing'}`, () => {
    const { terms, notes } = parseQuery(text);
    assert.deepEqual(
      terms.map((term) => term.test),
      tests,
    );
    assert.deepEqual(
      notes.filter((note) => note.problem !== 'as_reference'),
      [],
    );
  });
}

test('a minus turns a term round, also in front of an operator and of quotes', () => {
  const { terms } = parseQuery('-test -tag:latest -"a b" -');
  assert.deepEqual(
    terms.map((term) => [term.isNegated, term.text]),
    [
      [true, '-test'],
      [true, '-tag:latest'],
      [true, '-"a b"'],
    ],
  );
});

const noted: readonly (readonly [string, string, number])[] = [
  ['colour:red/blue', 'unknown', 1],
  ['nginx:1.25', 'as_reference', 2],
  ['colour:', 'unknown', 0],
  ['-colour:red', 'unknown', 0],
  ['older:yesterday', 'malformed', 0],
  ['older:2026-02-31', 'malformed', 0],
  ['size:big', 'malformed', 0],
  ['size:2GB..1GB', 'malformed', 0],
  ['size:..', 'malformed', 0],
  ['pulls:-1', 'malformed', 0],
  ['digest:xyz', 'malformed', 0],
  ['type:film', 'malformed', 0],
  ['type:__proto__', 'malformed', 0],
  ['has:', 'malformed', 0],
  ['label:', 'malformed', 0],
  ['label:=x', 'malformed', 0],
  ['arch:"', 'malformed', 0],
  ['constructor:x', 'as_reference', 2],
  ['a*b*c*d*e*f*g*h*i*', 'too_wild', 0],
  ['x'.repeat(MAX_QUERY_LENGTH + 1), 'too_long', 1],
  [Array.from({ length: MAX_TERMS + 5 }, (_, index) => `w${index}`).join(' '), 'too_many', MAX_TERMS],
];
for (const [text, key, count] of noted) {
  test(`says what is wrong with ${text.slice(0, 30)}`, () => {
    const { terms, notes } = parseQuery(text);
    assert.deepEqual([notes.map((note) => note.problem), terms.length], [[key], count]);
  });
}

test('80 KB of anything are cut, with a note', () => {
  for (const text of [
    'a b:c "'.repeat(10_000),
    '"'.repeat(80_000),
    '-'.repeat(80_000),
    '\0'.repeat(80_000),
    '[*'.repeat(40_000),
  ]) {
    const { terms, notes } = parseQuery(text);
    assert.ok(terms.length <= MAX_TERMS);
    assert.ok(notes.length <= MAX_TERMS + 2);
    assert.ok(printQuery({ terms }).length <= MAX_QUERY_LENGTH);
  }
  assert.equal(parseQuery('x'.repeat(80_000)).notes[0]?.problem, 'too_long');
});

test('NUL, control characters and halves of characters do not come through', () => {
  assert.equal(printQuery(parseQuery('a\0b\u0007 c\ud800d')), 'a b c d');
});

const pieces = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    'repo:',
    'tag:',
    'label:',
    'size:',
    '-',
    '"',
    '\\',
    '*',
    '[a-z]',
    '[',
    ':',
    '@',
    '=',
    '/',
    ' ',
    'a',
    'sha256:',
    '0@sha256:',
    '..',
    '>',
    '--x*',
  ),
);
const typed = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(''));

test('whatever is typed: never a failure, always within bounds, printed as what it means', () => {
  fc.assert(
    fc.property(typed, (text) => {
      const query = parseQuery(text);
      assert.ok(query.terms.length <= MAX_TERMS);
      const printed = printQuery(query);
      assert.ok(printed.length <= MAX_QUERY_LENGTH);
      assert.ok(!/[\p{Cc}\p{Cs}]/u.test(printed));
      const again = parseQuery(printed);
      assert.deepEqual(again.terms, query.terms);
      assert.equal(printQuery(again), printed);
    }),
    { numRuns: 2000 },
  );
});
