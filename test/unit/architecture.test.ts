import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';

const SERVER = resolve(import.meta.dirname, '..', '..', 'server');

/**
 * Who may import whom: only what stands further down; parts on one line do not know each other. A new folder or a new
 * file beside them gets its place here.
 */
const LADDER = [
  ['main', 'admin', 'health'],
  ['app'],
  ['status', 'prepare', 'privileges'],
  ['web', 'api'],
  ['token', 'housekeeping'],
  ['catalog', 'notifications', 'jobs'],
  ['accounts', 'audit', 'artifacts'],
  ['access', 'registry'],
  ['storage', 'http'],
  ['config'],
  ['errors', 'log', 'log-output', 'news'],
  ['clock', 'host-name'],
] as const satisfies readonly (readonly string[])[];

const levels = new Map<string, number>(LADDER.flatMap((parts, level) => parts.map((part) => [part, level] as const)));
const files = readdirSync(SERVER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** `token/scope.ts` belongs to `token`, `main.ts` to `main`; `token-side.ts` and the like are pieces of `app.ts`. */
function partOf(file: string): string {
  const part = (file.split(sep)[0] ?? '').replace(/\.ts$/, '');
  return part.endsWith('-side') ? 'app' : part;
}

/** Every relative import of the file, types too, as paths below server/. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(SERVER, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g);
  return [...found].map(([, path = '']) => relative(SERVER, resolve(SERVER, dirname(file), path)));
}

test('every part of the server has its place on the ladder', () => {
  const unknown = [...new Set(files.map(partOf))].filter((part) => !levels.has(part));
  assert.deepEqual(unknown, []);
});

test('imports lead downwards only, types included', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => !target.startsWith('..') && !isAllowed(partOf(file), partOf(target)))
      .map((target) => `${file} imports ${target}`),
  );
  assert.deepEqual(wrong, []);
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

function isAllowed(from: string, to: string): boolean {
  return from === to || (levels.get(from) ?? 0) < (levels.get(to) ?? 0);
}
