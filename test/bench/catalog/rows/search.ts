/** Searches of all kinds against list pages of the same run, and how late the main thread is while they are made one by one. */
import { type Line, note } from '../../lines.ts';
import { type LoadResult, load } from '../../load.ts';
import { ask } from '../ask.ts';
import { type IndexReader, openIndexReader } from '../index-reader.ts';
import { loopLine } from '../loop-line.ts';
import { CLIENTS, fresh, pagePaths } from '../pages.ts';
import { describeSize } from '../sizes.ts';
import type { Stage } from '../stages.ts';

const MAX_P99 = 1.5;
const TAGS = 40;
const MANY_IMAGES = 1000;

export async function searchRows(stage: Stage, loadMs: number): Promise<readonly Line[]> {
  const index = openIndexReader(stage.file);
  const kinds = searches(index);
  index.close();
  const list = pagePaths(stage.size)['repository list'] ?? [];
  const before = await measure(stage, list, loadMs);
  const found: (readonly [string, LoadResult])[] = [];
  for (const [kind, paths] of Object.entries(kinds)) found.push([kind, await measure(stage, paths, loadMs)]);
  const after = await measure(stage, list, loadMs);
  const base = (before.p99Ms + after.p99Ms) / 2;
  note(`list pages: ${describe(before)}, and afterwards ${describe(after)}`);
  const lines = found.map(([kind, seen]) => ratioLine(kind, seen, base));
  return [...lines, await oneByOne(stage, Object.values(kinds).flat())];
}

/** Addresses of searches, from what the index has. */
function searches(index: IndexReader): Readonly<Record<string, readonly string[]>> {
  const tags = index.someTags(TAGS);
  const labels = index.labels();
  const many = labels.filter(({ images }) => images >= MANY_IMAGES);
  const few = labels.filter(({ images }) => images < 50).slice(0, TAGS);
  const label = ({ key, value }: { key: string; value: string }) => `label:${key}=${value}`;
  const words: Readonly<Record<string, readonly string[]>> = {
    name: tags.map(({ repository }) => repository.slice(repository.lastIndexOf('/') + 1)),
    'word of many names': ['api', 'worker', 'gateway', 'pay', 'monolith', 'importer'],
    tag: tags.map(({ tag }) => `tag:${tag}`),
    'tag of many': ['tag:latest', 'tag:v1.0.*', 'tag:main-1-*', 'v1.0.0'],
    digest: tags.map(({ digest }) => digest),
    'short digest': tags.map(({ digest }) => digest.slice(7, 19)),
    label: few.map(label),
    [`label of ${MANY_IMAGES.toLocaleString('en')} images and more`]: many.slice(0, TAGS).map(label),
  };
  const found = Object.entries(words).filter(([, each]) => each.length > 0);
  return Object.fromEntries(
    found.map(([kind, each]) => [kind, each.map((word) => `/search?q=${encodeURIComponent(word)}`)]),
  );
}

async function measure({ server, admin }: Stage, paths: readonly string[], durationMs: number): Promise<LoadResult> {
  const given = { port: server.app.port, path: fresh(paths), headers: { cookie: admin } };
  const seen = await load({ ...given, connections: CLIENTS, durationMs });
  if (seen.failures > 0) throw new Error(`${paths[0]}: ${seen.failures} answers were no 200`);
  return seen;
}

function ratioLine(kind: string, seen: LoadResult, base: number): Line {
  const ratio = seen.p99Ms / base;
  return {
    what: `search by ${kind}, ${CLIENTS} clients, against a list page`,
    measured: `p99 × ${ratio.toFixed(2)}: ${describe(seen)}`,
    goal: `at most × ${MAX_P99}`,
    isMet: ratio <= MAX_P99,
  };
}

async function oneByOne({ size, server, admin }: Stage, paths: readonly string[]): Promise<Line> {
  const next = fresh(paths);
  await server.watchLoop();
  for (const _ of paths) await ask(server.app.url + next(), { cookie: admin });
  const report = await server.report();
  return loopLine(`searches of all kinds over ${describeSize(size)}, one after the other`, report);
}

function describe({ perSecond, p50Ms, p99Ms }: LoadResult): string {
  return `${perSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms`;
}
