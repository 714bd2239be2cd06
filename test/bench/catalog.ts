/**
 * The catalog at size, row by row, each ratio with both sides in this run: `npm run bench -- catalog [row …]`.
 * `--small` sees in a minute or two that a row works, `--full` crawls 10 000 repositories instead of 2 000, `--hour` watches
 * the memory for an hour.
 */
import { busyRow } from './catalog/rows/busy.ts';
import { crawlRows } from './catalog/rows/crawl.ts';
import { diskRow } from './catalog/rows/disk.ts';
import { eventsRow } from './catalog/rows/events.ts';
import { memoryRow } from './catalog/rows/memory.ts';
import { growthRows, pageRows, ruleRows } from './catalog/rows/pages.ts';
import { pushRow } from './catalog/rows/push.ts';
import { renderRows } from './catalog/rows/render.ts';
import { searchRows } from './catalog/rows/search.ts';
import { sizeRows } from './catalog/rows/sizes.ts';
import { tabRows } from './catalog/rows/tabs.ts';
import { scaleOf } from './catalog/sizes.ts';
import { startStage } from './catalog/stages.ts';
import { createStorage } from './catalog/storage.ts';
import { type Line, show } from './lines.ts';

const given = process.argv.slice(2);
const chosen = given.filter((name) => !name.startsWith('--'));
const scale = scaleOf(given.filter((name) => name.startsWith('--')));
const { loadMs } = scale;

/** Made once, however many rows need it. */
const storage = keepOnce(
  () => createStorage(scale.crawled),
  ({ remove }) => remove(),
);
const small = keepOnce(
  () => startStage(scale.small),
  ({ stop }) => stop(),
);
const middle = keepOnce(
  () => startStage(scale.middle),
  ({ stop }) => stop(),
);
const large = keepOnce(
  () => startStage(scale.large),
  ({ stop }) => stop(),
);
const kept = [storage, small, middle, large];

interface Row {
  readonly needs: readonly { readonly end: () => Promise<void> }[];
  readonly measure: () => Promise<Line | readonly Line[]>;
}

const ROWS: Readonly<Record<string, Row>> = {
  crawl: { needs: [storage], measure: async () => crawlRows(await storage.get()) },
  disk: { needs: [storage], measure: async () => diskRow(await storage.get()) },
  busy: { needs: [storage], measure: async () => busyRow(await storage.get(), loadMs) },
  push: { needs: [], measure: () => pushRow(scale.pushes) },
  render: { needs: [middle], measure: async () => renderRows(await middle.get(), loadMs) },
  sizes: { needs: [middle], measure: async () => sizeRows(await middle.get()) },
  pages: { needs: [middle], measure: async () => pageRows(await middle.get(), loadMs) },
  tabs: { needs: [middle], measure: async () => tabRows(await middle.get(), scale) },
  events: { needs: [middle], measure: async () => eventsRow(await middle.get()) },
  growth: { needs: [small, large], measure: async () => growthRows(await small.get(), await large.get(), loadMs) },
  rules: { needs: [large], measure: async () => ruleRows(await large.get(), loadMs) },
  search: { needs: [large], measure: async () => searchRows(await large.get(), loadMs) },
  memory: { needs: [large], measure: async () => memoryRow(await large.get(), scale.memoryMs) },
};

function keepOnce<Value>(create: () => Promise<Value>, remove: (value: Value) => Promise<void>) {
  let made: Promise<Value> | undefined;
  return {
    get: () => {
      made ??= create();
      return made;
    },
    end: async () => {
      const ended = made;
      made = undefined;
      if (ended !== undefined) await remove(await ended);
    },
  };
}

const unknown = chosen.filter((name) => !(name in ROWS));
if (unknown.length > 0) throw new Error(`No row ${unknown.join(', ')}: choose of ${Object.keys(ROWS).join(', ')}`);
const rows = Object.entries(ROWS).filter(([name]) => chosen.length === 0 || chosen.includes(name));
const begin = performance.now();

try {
  for (const [index, [name, { measure }]] of rows.entries()) {
    console.log(`\n${name} (after ${((performance.now() - begin) / 60_000).toFixed(1)} minutes)`);
    try {
      for (const line of [await measure()].flat()) show(line);
    } catch (error) {
      // The other rows are still worth having.
      console.log('FAILED ', error);
      process.exitCode = 1;
    }
    const later = rows.slice(index + 1).flatMap(([, { needs }]) => needs);
    for (const each of kept) if (!later.includes(each)) await each.end();
  }
} finally {
  for (const each of kept) await each.end();
}
