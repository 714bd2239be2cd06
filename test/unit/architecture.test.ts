import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';

const ROOT = resolve(import.meta.dirname, '..', '..');
const SERVER = join(ROOT, 'server');

/**
 * Who may import whom: only what stands further down; parts on one line do not know each other. A new folder or a new
 * file beside them gets its place here.
 */
const LADDER = [
  ['main', 'admin', 'health'],
  ['app'],
  ['web', 'api'],
  ['operations'],
  ['token', 'housekeeping'],
  ['indexer'],
  ['catalog', 'notifications', 'jobs'],
  ['accounts', 'artifacts'],
  ['access', 'registry'],
  ['audit'],
  ['storage', 'http'],
  ['bus', 'config'],
  ['errors', 'log', 'log-output'],
  ['clock', 'thread', 'with-timeout'],
] as const satisfies Ladder;

/** The same inside folders that are large. A file beside the folders is named like one. */
const INSIDE: Readonly<Record<string, Ladder>> = {
  catalog: [
    ['use-cases'],
    ['findings', 'sync'],
    ['activity', 'disk', 'rebuild', 'search', 'space'],
    ['images'],
    ['lists'],
    ['index'],
    ['manifests'],
    ['names'],
    ['visibility'],
    ['base'],
  ],
  registry: [['client', 'disk', 'managed'], ['documents']],
  web: [
    ['web'],
    ['api-docs', 'home', 'housekeeping', 'operations', 'search'],
    ['image'],
    ['activity', 'repositories', 'space'],
    ['accounts'],
    ['parts'],
    ['live'],
    ['shell'],
  ],
};

type Ladder = readonly (readonly string[])[];

const levels = levelsOf(LADDER);
const files = readdirSync(SERVER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

function levelsOf(ladder: Ladder): ReadonlyMap<string, number> {
  return new Map(ladder.flatMap((parts, level) => parts.map((part) => [part, level] as const)));
}

/** `token/scope.ts` belongs to `token`, `main.ts` to `main`; with `depth` 1 to `scope`. */
function partOf(file: string, depth = 0): string {
  return (file.split(sep)[depth] ?? '').replace(/\.ts$/, '');
}

/** Every relative import of the file, types too, as paths below server/. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(SERVER, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g);
  return [...found].map(([, path = '']) => relative(SERVER, resolve(SERVER, dirname(file), path)));
}

test('every part of the server has its place on the ladder', () => {
  const unknown = [...new Set(files.map((file) => partOf(file)))].filter((part) => !levels.has(part));
  assert.deepEqual(unknown, []);
});

test('imports lead downwards only, types included', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => !target.startsWith('..') && !isAllowed(levels, partOf(file), partOf(target)))
      .map((target) => `${file} imports ${target}`),
  );
  assert.deepEqual(wrong, []);
});

for (const [folder, ladder] of Object.entries(INSIDE)) {
  const inside = levelsOf(ladder);
  const own = files.filter((file) => file.includes(sep) && partOf(file) === folder);

  test(`every part of ${folder}/ has its place on its ladder`, () => {
    const unknown = own.filter((file) => !inside.has(partOf(file, 1)));
    assert.deepEqual(unknown, []);
  });

  test(`imports inside ${folder}/ lead downwards only`, () => {
    const wrong = own.flatMap((file) =>
      importsOf(file)
        .filter((target) => partOf(target) === folder && !isAllowed(inside, partOf(file, 1), partOf(target, 1)))
        .map((target) => `${file} imports ${target}`),
    );
    assert.deepEqual(wrong, []);
  });
}

test('the documentation shows the same ladder', () => {
  const text = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8');
  const rows = [...text.matchAll(/^\| \d+ \| ([^|]+) \|/gm)].map(([, parts = '']) =>
    parts.replaceAll('`', '').split(' '),
  );
  assert.deepEqual(rows, LADDER);
});

const folders = [...levels.keys()].filter((part) => existsSync(join(SERVER, part)));

test('every folder on the ladder says what it owns, in five to fifteen lines', () => {
  assert.ok(folders.length > 12);
  const lengths = folders.map((part) => {
    const file = join(SERVER, part, 'README.md');
    return { part, lines: existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').length : 0 };
  });
  assert.deepEqual(
    lengths.filter(({ lines }) => lines < 5 || lines > 15),
    [],
  );
});

test('the documentation names files that exist', () => {
  const known = ['conf', 'docs', 'public', 'scripts', 'server', 'test', 'views'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => `/${folder}/${file}`),
  );
  const documents = [
    'CONTRIBUTING.md',
    'docs/architecture.md',
    ...folders.map((folder) => `server/${folder}/README.md`),
  ];
  const wrong = documents.flatMap((document) =>
    filesNamedIn(document)
      .filter(({ name, isNew }) => known.some((file) => file.endsWith(`/${name}`)) === isNew)
      .map(({ name, isNew }) => `${document} names ${name}${isNew ? ' as new' : ''}`),
  );
  assert.deepEqual(wrong, []);
});

/** In backquotes, with an ending, below any folder: `token/scope.ts`. What is called "a new file" must not be there yet. */
function filesNamedIn(document: string) {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const found = text.matchAll(/`([\w./-]+\.(?:ts|mjs|js|ejs|css|md|yml))`(, a new file)?/g);
  return [...found].map(([, name = '', mark]) => ({ name, isNew: mark !== undefined }));
}

test('each trip through the server is told in at most a dozen files', () => {
  const text = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8');
  const [, trips = ''] = /^## Four trips$([\s\S]*?)^## /m.exec(text) ?? [];
  const names = [...trips.matchAll(/^### (.+)$/gm)].map(([, name]) => name);
  assert.deepEqual(names, ['A token request', 'An event', 'A page', 'A deletion']);
  for (const trip of trips.split(/^### /m).slice(1)) {
    const steps = [...trip.matchAll(/^\d+\. `([^`]+)`: \S/gm)].map(([, file = '']) => file);
    assert.ok(steps.length >= 5 && steps.length <= 12, trip);
    assert.equal(steps.length, [...trip.matchAll(/^\d+\. /gm)].length, `each step names its file: ${trip}`);
    assert.deepEqual(
      steps.filter((file) => !existsSync(join(ROOT, file))),
      [],
    );
  }
});

test('every decision has its date and its status', () => {
  const decisions = readdirSync(join(ROOT, 'docs', 'adr'));
  assert.ok(decisions.length > 12);
  const without = decisions.filter(
    (name) => !/^# .+\n\n20\d\d-\d\d-\d\d, accepted\./.test(readFileSync(join(ROOT, 'docs', 'adr', name), 'utf8')),
  );
  assert.deepEqual(without, []);
});

/** Whatever belongs to one part of the pages stands under its name: markup, styles, texts, tests. */
for (const folder of ['views', 'public/css', 'locales/en', 'test/unit/web']) {
  test(`${folder}/ has the names of web/`, () => {
    const parts = new Set(readdirSync(join(SERVER, 'web')).filter((name) => !name.includes('.')));
    // What `errors.ts` and the layers below say.
    if (folder.startsWith('locales')) parts.add('errors');
    const entries = readdirSync(join(ROOT, folder)).map((name) => name.replace(/\.(?:css|json|test\.ts)$/, ''));
    assert.ok(entries.length > 5);
    assert.deepEqual(
      entries.filter((name) => !parts.has(name)),
      [],
    );
  });
}

test('unit tests stand in the folders of server/', () => {
  const tests = readdirSync(join(ROOT, 'test', 'unit'), { recursive: true, encoding: 'utf8' });
  const inFolders = tests.filter((file) => file.endsWith('.test.ts')).map(dirname);
  assert.ok(inFolders.length > 100);
  assert.deepEqual(
    [...new Set(inFolders)].filter((folder) => !existsSync(join(SERVER, folder))),
    [],
  );
});

test('only the configuration reads the environment', () => {
  const readers = files.filter((file) => /\bprocess\.env\b/.test(readFileSync(join(SERVER, file), 'utf8')));
  assert.deepEqual(
    readers.filter((file) => !['config', 'main', 'admin', 'health', 'app'].includes(partOf(file))),
    [],
  );
});

test('imports name existing files with their ending', () => {
  const known = new Set(files);
  const broken = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => !target.startsWith('..') && !known.has(target))
      .map((target) => `${file} imports ${target}`),
  );
  assert.deepEqual(broken, []);
});

test('no files import each other in a circle', () => {
  const targets = new Map(files.map((file) => [file, importsOf(file)]));
  const circles = files.filter((file) => reachedFrom(file, targets).has(file));
  assert.deepEqual(circles, []);
});

/** Whatever loading the file loads with it. */
function reachedFrom(file: string, targets: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [...(targets.get(file) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    open.push(...(targets.get(next) ?? []));
  }
  return reached;
}

function isAllowed(levels: ReadonlyMap<string, number>, from: string, to: string): boolean {
  return from === to || (levels.get(from) ?? 0) < (levels.get(to) ?? 0);
}
