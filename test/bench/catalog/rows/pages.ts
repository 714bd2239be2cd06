/** How long pages take, and that neither size nor rules make them slower. */
import { type Line, note } from '../../lines.ts';
import { ask } from '../ask.ts';
import { CLIENTS, measurePages, type PageFigures, pagePaths } from '../pages.ts';
import { describeSize } from '../sizes.ts';
import { ruledFolders, type Stage } from '../stages.ts';

const MAX_P99_MS = 50;
const MAX_GROWTH = 2;
const MAX_RULES = 1.5;

export async function pageRows(stage: Stage, loadMs: number): Promise<readonly Line[]> {
  const figures = await withoutRequests(stage, () => measurePages(stage, stage.admin, loadMs));
  note(`${describeSize(stage.size)}, ${CLIENTS} clients without pause, 0 registry requests`);
  return figures.map((page) => ({
    what: page.name,
    measured: describe(page),
    goal: `p99 at most ${MAX_P99_MS} ms`,
    isMet: page.serverP99Ms <= MAX_P99_MS,
  }));
}

export async function growthRows(small: Stage, large: Stage, loadMs: number): Promise<readonly Line[]> {
  note(`${describeSize(large.size)} against ${describeSize(small.size)}`);
  const [few, many] = [await measurePages(small, small.admin, loadMs), await measurePages(large, large.admin, loadMs)];
  return compare(few, many, MAX_GROWTH);
}

export async function ruleRows(stage: Stage, loadMs: number): Promise<readonly Line[]> {
  note(`50 rules against an admin, ${describeSize(stage.size)}`);
  const paths = pagePaths(stage.size, ruledFolders(stage.size));
  const [cookie = ''] = await stage.people('fifty');
  const begin = performance.now();
  await ask(`${stage.server.app.url}/repositories`, { cookie });
  note(`the first page of somebody with new rules takes ${(performance.now() - begin).toFixed(0)} ms`);
  const admin = await measurePages(stage, stage.admin, loadMs, paths);
  return compare(admin, await measurePages(stage, cookie, loadMs, paths), MAX_RULES);
}

function compare(before: readonly PageFigures[], after: readonly PageFigures[], most: number): readonly Line[] {
  return after.map((page, index) => {
    const base = before[index] ?? page;
    const [median, p99] = [page.serverP50Ms / base.serverP50Ms, page.serverP99Ms / base.serverP99Ms];
    return {
      what: page.name,
      measured: `× ${median.toFixed(2)} (p99 × ${p99.toFixed(2)}): ${describe(page)}; before ${describe(base)}`,
      goal: `at most × ${most}`,
      isMet: median <= most,
    };
  });
}

function describe({ serverP50Ms, serverP99Ms, seen }: PageFigures): string {
  const times = `p50 ${serverP50Ms.toFixed(1)} ms, p99 ${serverP99Ms.toFixed(1)} ms`;
  return `${times}, ${seen.perSecond.toFixed(0)}/s, clients' p99 ${seen.p99Ms.toFixed(0)} ms`;
}

/** @throws when the server asked the registry for anything but whether it is there. */
async function withoutRequests<Result>({ registry }: Stage, work: () => Promise<Result>): Promise<Result> {
  registry.reset();
  const result = await work();
  const asked = registry.asked();
  if (asked.length > 0)
    throw new Error(`The pages asked the registry ${asked.length} times: ${asked.slice(0, 3).join(', ')}`);
  return result;
}
