/**
 * The catalog at size, line by line, each ratio with both sides in this run: `npm run bench -- catalog [line …]`.
 * `--full` crawls 10 000 repositories instead of 2 000, `--hour` watches the memory for an hour instead of five minutes.
 */
import { crawlRow } from './catalog/crawl.ts';
import { diskRow } from './catalog/disk.ts';
import { memoryRow } from './catalog/memory.ts';
import { growthRows, pageRows, ruleRows } from './catalog/page-rows.ts';
import { pushRow } from './catalog/push.ts';
import { sizeRow, throughputRows } from './catalog/render.ts';
import { LARGE, MIDDLE, SMALL, type Stage, startStage } from './catalog/stages.ts';
import { type Line, show } from './catalog/table.ts';

const REDUCED = { repositories: 2000, tags: 20_000, manifests: 6000 };
const MINUTES = 5;
const HOUR = 60;

const given = process.argv.slice(2);
const isFull = given.includes('--full');
const minutes = given.includes('--hour') ? HOUR : Number(process.env['BENCH_MINUTES'] ?? MINUTES);
const stages = new Map<object, Promise<Stage>>();

/** Started once, however many lines need it. */
function stage(size: typeof SMALL): Promise<Stage> {
  const started = stages.get(size) ?? startStage(size);
  stages.set(size, started);
  return started;
}

async function stopStages(): Promise<void> {
  for (const started of stages.values()) await (await started).stop();
  stages.clear();
}

const LINES: Readonly<Record<string, () => Promise<readonly Line[]>>> = {
  crawl: async () => [await crawlRow(isFull ? MIDDLE : REDUCED)],
  disk: async () => [await diskRow(isFull ? MIDDLE : REDUCED)],
  push: async () => [await pushRow()],
  render: async () => [...(await throughputRows(await stage(SMALL))), await sizeRow(await stage(SMALL))],
  pages: async () => pageRows(await stage(MIDDLE)),
  growth: async () => growthRows(await stage(SMALL), await stage(LARGE)),
  rules: async () => ruleRows(await stage(LARGE)),
  memory: async () => [await memoryRow(await stage(LARGE), minutes)],
};

const chosen = given.filter((name) => !name.startsWith('--'));
const unknown = chosen.filter((name) => !(name in LINES));
if (unknown.length > 0) throw new Error(`No line ${unknown.join(', ')}: choose of ${Object.keys(LINES).join(', ')}`);
try {
  for (const name of chosen.length > 0 ? chosen : Object.keys(LINES)) {
    console.log(`\n${name}`);
    try {
      for (const line of (await LINES[name]?.()) ?? []) {
        show(line);
        if (!line.isMet) process.exitCode = 1;
      }
    } catch (error) {
      // The other lines are still worth having.
      console.log(`FAILED  ${error instanceof Error ? error.message : error}`);
      process.exitCode = 1;
    }
  }
} finally {
  await stopStages();
}
