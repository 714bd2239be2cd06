/** Many open list pages of people with three sets of rights while images are pushed: when each of them shows what is new. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { planRegistry, type RegistrySize } from '../../../support/registry/generated-plan.ts';
import { type Line, note, quantile } from '../../lines.ts';
import { postEvents } from '../post-events.ts';
import type { ServerReport } from '../server.ts';
import type { Scale } from '../sizes.ts';
import { ROLES, type Stage, sharedFolder } from '../stages.ts';
import type { Followed, TabPlan, TabsPlan, TabsReport } from '../tabs/messages.ts';

const EVERY_MS = 500;
const MAX_LAG_MS = 2000;
const MAX_P99_MS = 50;
const MAX_CORE = 0.5;
/** For the last ones to follow. */
const AFTER_MS = 5000;
const PROCESS = join(import.meta.dirname, '..', 'tabs', 'process.ts');

interface Tab extends TabPlan {
  readonly role: (typeof ROLES)[number];
}

interface Push {
  readonly repository: string;
  readonly seenBy: readonly string[];
  readonly at: number;
}

export async function tabRows(stage: Stage, { tabs: count, tabsMs }: Scale): Promise<readonly Line[]> {
  const { server, registry, size, file } = stage;
  registry.serve(file);
  const cookies = await Promise.all(ROLES.map(stage.people));
  const tabs = planTabs(size, count, cookies[0]?.length ?? 1);
  const targets = await chooseTargets(stage, cookies, Math.floor(tabsMs / EVERY_MS));
  const opened = await openTabs({ port: server.app.port, people: cookies.flat(), tabs });
  try {
    await server.reset();
    await server.watchLoop();
    const begin = performance.now();
    const pushes = await pushAll(stage, targets);
    const tookMs = performance.now() - begin;
    const report = await server.report();
    await sleep(AFTER_MS);
    return linesOf({ size, tabs, pushes, report, tookMs, seen: await reportOf(opened) });
  } finally {
    opened.kill();
  }
}

function planTabs(size: RegistrySize, count: number, perRole: number): readonly Tab[] {
  const paths = ['/repositories?sort=pushed', '/repositories', `/repositories?folder=${sharedFolder(size)}`];
  return Array.from({ length: count }, (_, index) => {
    const [role, person] = [index % ROLES.length, Math.floor(index / ROLES.length) % perRole];
    const path = paths[Math.floor(index / ROLES.length / perRole) % paths.length] ?? '';
    return { path, role: ROLES[role] ?? 'everything', person: role * perRole + person };
  });
}

type Target = Omit<Push, 'at'>;

/** By turns one that all people see, and one from anywhere. */
async function chooseTargets(
  { size, server }: Stage,
  cookies: readonly (readonly string[])[],
  count: number,
): Promise<readonly Target[]> {
  const isShared = ({ name }: { name: string }) => name.startsWith(`${sharedFolder(size)}/`);
  const plans = planRegistry(size).filter(({ kind }) => kind === 'image');
  const [shared, others] = [plans.filter(isShared), plans.filter((plan) => !isShared(plan))];
  const targets: Target[] = [];
  for (let index = 0; index < count; index += 1) {
    const [from, own] = index % 2 === 0 ? [shared, index / 2] : [others, index * 7];
    const repository = from[Math.floor(own) % from.length]?.name ?? '';
    const statuses = cookies.map(async ([cookie = '']) => {
      const answer = await fetch(`${server.app.url}/repositories/${repository}`, { headers: { cookie } });
      await answer.arrayBuffer();
      return answer.status;
    });
    const seen = await Promise.all(statuses);
    targets.push({ repository, seenBy: ROLES.filter((_, role) => seen[role] === 200) });
  }
  return targets;
}

async function pushAll({ server, registry }: Stage, targets: readonly Target[]): Promise<readonly Push[]> {
  const pushes: Push[] = [];
  const begin = performance.now();
  for (const [index, target] of targets.entries()) {
    await sleep(Math.max(0, begin + index * EVERY_MS - performance.now()));
    const event = registry.push(target.repository, `pushed-${index}`);
    pushes.push({ ...target, at: performance.timeOrigin + performance.now() });
    await postEvents(server.app.url, event);
  }
  return pushes;
}

async function openTabs(plan: TabsPlan): Promise<ChildProcess> {
  const child = fork(PROCESS, { execArgv: ['--import', 'tsx'] });
  const open = once(child, 'message');
  child.send({ kind: 'open', plan });
  await Promise.race([open, failed(child)]);
  return child;
}

async function reportOf(child: ChildProcess): Promise<TabsReport> {
  const report = once(child, 'message');
  child.send({ kind: 'report' });
  const [message] = await Promise.race([report, failed(child)]);
  return message as TabsReport;
}

async function failed(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`The process with the tabs ended with ${code}`);
}

interface Measured {
  readonly size: RegistrySize;
  readonly tabs: readonly Tab[];
  readonly pushes: readonly Push[];
  readonly report: ServerReport;
  readonly tookMs: number;
  readonly seen: TabsReport;
}

function linesOf(measured: Measured): readonly Line[] {
  const { tabs, pushes, report, tookMs, seen } = measured;
  const { requests, notModified, megabytes, problems } = seen;
  const load = `${tabs.length} open tabs of ${ROLES.length} sets of rights, ${pushes.length} pushes in ${(tookMs / 1000).toFixed(0)} s`;
  note(`${requests} answers, ${notModified} of them 304, ${megabytes.toFixed(1)} MB`);
  note(`the process with the tabs took ${((seen.cpuMs / tookMs) * 100).toFixed(0)}% of a core`);
  for (const problem of new Set(problems)) note(problem);
  const core = report.cpuMs / tookMs;
  return [
    lagLine(load, measured),
    {
      what: `${load}: loop delay of the main thread`,
      measured: `p99 ${report.loop.p99Ms.toFixed(1)} ms, max ${report.loop.maxMs.toFixed(0)} ms`,
      goal: `p99 below ${MAX_P99_MS} ms`,
      isMet: report.loop.p99Ms < MAX_P99_MS,
    },
    {
      what: `${load}: processor of the server`,
      measured: `${(core * 100).toFixed(0)}% of a core`,
      goal: `below ${MAX_CORE * 100}%`,
      isMet: core < MAX_CORE,
    },
  ];
}

function lagLine(load: string, measured: Measured): Line {
  const lags = lagsOf(measured);
  const late = lags.filter((lag) => lag > MAX_LAG_MS).length;
  const never = lags.filter((lag) => lag === Number.POSITIVE_INFINITY).length;
  const wrong = staleTabs(measured);
  const times = [0.5, 0.99, 1].map((part) => `${quantile(lags, part).toFixed(0)} ms`).join(', ');
  return {
    what: `${load}: until a tab shows a push`,
    measured: `median, p99 and most ${times}; ${late} of ${lags.length} late, ${never} never, ${wrong} tabs without the last push`,
    goal: `all within ${MAX_LAG_MS} ms`,
    isMet: lags.length > 0 && late === 0 && wrong === 0 && measured.seen.problems.length === 0,
  };
}

/** Of each push in each tab that shows something of it. Each repository is pushed to once. */
function lagsOf({ size, tabs, pushes, seen }: Measured): readonly number[] {
  return tabs.flatMap((tab, index) => {
    const followed = seen.followed.filter((each) => each.tab === index);
    return pushes.filter((push) => isConcerned(size, tab, push)).map((push) => lagOf(push, followed));
  });
}

function lagOf({ repository, at }: Push, followed: readonly Followed[]): number {
  const first = followed.find((each) => each.at >= at && isNamed(each.names, repository));
  return first === undefined ? Number.POSITIVE_INFINITY : first.at - at;
}

function isNamed(names: readonly string[], repository: string): boolean {
  return names.length === 0 || names.includes(repository);
}

function isConcerned(size: RegistrySize, { path, role }: Tab, { repository, seenBy }: Push): boolean {
  const isListed = !path.includes('folder=') || repository.startsWith(`${sharedFolder(size)}/`);
  return isListed && seenBy.includes(role);
}

/** Lists by time of push whose first rows lack the last push that they should have. */
function staleTabs({ tabs, pushes, seen }: Measured): number {
  return tabs.filter(({ path, role }, index) => {
    const last = pushes.findLast(({ seenBy }) => seenBy.includes(role))?.repository;
    return path.endsWith('sort=pushed') && last !== undefined && !seen.shown[index]?.includes(last);
  }).length;
}
