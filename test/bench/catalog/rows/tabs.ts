/** Many open list pages of people with three sets of rights while images are pushed: when each of them shows what is new. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { planRegistry, type RegistrySize } from '../../../support/registry/generated-plan.ts';
import { type Line, note, quantile, seconds } from '../../lines.ts';
import { ask } from '../ask.ts';
import { postEvents } from '../post-events.ts';
import type { ServerReport } from '../server.ts';
import type { Scale } from '../sizes.ts';
import { ROLES, type Stage, sharedFolder } from '../stages.ts';
import type { TabPlan, TabsReport, Told } from '../tabs/messages.ts';

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

interface Target {
  readonly repository: string;
  readonly seenBy: readonly string[];
}

export async function tabRows(stage: Stage, { tabs: count, tabsMs }: Scale): Promise<readonly Line[]> {
  const { server, registry, size, file } = stage;
  registry.serve(file);
  const cookies = await Promise.all(ROLES.map(stage.people));
  const tabs = planTabs(size, count, cookies[0]?.length ?? 1);
  const targets = await chooseTargets(stage, cookies, Math.floor(tabsMs / EVERY_MS));
  const process = startTabs();
  try {
    await process.ask({ kind: 'open', plan: { port: server.app.port, people: cookies.flat(), tabs } });
    await server.reset();
    await server.watchLoop();
    const begin = performance.now();
    const pushes = await pushAll(stage, process, { tabs, targets });
    const tookMs = performance.now() - begin;
    const report = await server.report();
    await sleep(AFTER_MS);
    const seen = (await process.ask({ kind: 'report' })) as TabsReport;
    return linesOf({ tabs, pushes, report, tookMs, seen });
  } finally {
    process.kill();
  }
}

interface TabsProcess {
  /** @returns its answer. @throws when it ends. */
  ask(message: Told): Promise<unknown>;
  kill(): void;
}

function startTabs(): TabsProcess {
  const child = fork(PROCESS, { execArgv: ['--import', 'tsx'] });
  let onAnswer: (answer: unknown) => void = () => undefined;
  let onEnd: (error: Error) => void = () => undefined;
  child.on('message', (answer) => onAnswer(answer));
  child.on('exit', (code) => onEnd(new Error(`The process with the tabs ended with ${code}`)));
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        [onAnswer, onEnd] = [resolve, reject];
        child.send(message);
      }),
    kill: () => void child.kill(),
  };
}

function planTabs(size: RegistrySize, count: number, perRole: number): readonly Tab[] {
  const folder = sharedFolder(size);
  const paths = ['/repositories?sort=pushed', '/repositories?sort=name', `/repositories?sort=pushed&folder=${folder}`];
  return Array.from({ length: count }, (_, index) => {
    const [role, person] = [index % ROLES.length, Math.floor(index / ROLES.length) % perRole];
    const path = paths[Math.floor(index / ROLES.length / perRole) % paths.length] ?? '';
    return { path, role: ROLES[role] ?? 'everything', person: role * perRole + person };
  });
}

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
    const seen = await Promise.all(
      cookies.map(([cookie = '']) => ask(`${server.app.url}/repositories/${repository}`, { cookie })),
    );
    targets.push({ repository, seenBy: ROLES.filter((_, role) => seen[role]?.status === 200) });
  }
  return targets;
}

interface Push {
  readonly repository: string;
  /** So many tabs have to show it. */
  readonly due: number;
}

interface Plan {
  readonly tabs: readonly Tab[];
  readonly targets: readonly Target[];
}

async function pushAll({ server, registry, size }: Stage, process: TabsProcess, plan: Plan) {
  const pushes: Push[] = [];
  const begin = performance.now();
  for (const [index, target] of plan.targets.entries()) {
    await sleep(Math.max(0, begin + index * EVERY_MS - performance.now()));
    const event = registry.push(target.repository, `pushed-${index}`);
    const tabs = plan.tabs.flatMap((tab, own) => (isShownIn(tab, target, sharedFolder(size)) ? [own] : []));
    pushes.push({ repository: target.repository, due: tabs.length });
    await process.ask({ kind: 'push', repository: target.repository, tabs });
    await postEvents(server.app.url, event);
  }
  return pushes;
}

/** The newest stands above; by name it stands anywhere. A folder lists what is directly in it. */
function isShownIn({ path, role }: Tab, { repository, seenBy }: Target, folder: string): boolean {
  const isListed = !path.includes('folder=') || repository.slice(0, repository.lastIndexOf('/')) === folder;
  return path.includes('sort=pushed') && isListed && seenBy.includes(role);
}

interface Measured {
  readonly tabs: readonly Tab[];
  readonly pushes: readonly Push[];
  readonly report: ServerReport;
  readonly tookMs: number;
  readonly seen: TabsReport;
}

function linesOf(measured: Measured): readonly Line[] {
  const { tabs, pushes, report, tookMs, seen } = measured;
  const { requests, notModified, changes, megabytes, problems } = seen;
  const load = `${tabs.length} open tabs of ${ROLES.length} sets of rights, ${pushes.length} pushes in ${seconds(tookMs)}`;
  note(`${changes} changes, ${requests} answers and ${notModified} of them 304, ${megabytes.toFixed(1)} MB`);
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

function lagLine(load: string, { pushes, seen }: Measured): Line {
  const lags = seen.shown.flat().map(({ afterMs }) => afterMs);
  const due = pushes.reduce((sum, push) => sum + push.due, 0) - seen.before.flat().length;
  const [late, never] = [lags.filter((lag) => lag > MAX_LAG_MS).length, due - lags.length];
  for (const [index, push] of pushes.entries()) {
    const missing = push.due - (seen.before[index]?.length ?? 0) - (seen.shown[index]?.length ?? 0);
    if (missing > 0)
      note(`${push.repository} was pushed to and came to ${missing} of ${push.due} tabs too late to be seen`);
  }
  const times = [0.5, 0.99, 1].map((part) => `${quantile(lags, part).toFixed(0)} ms`).join(', ');
  return {
    what: `${load}: from a push until a tab shows it`,
    measured: `median, p99 and most ${times}; of ${due} ${late} late, ${never} never`,
    goal: `all within ${MAX_LAG_MS} ms`,
    isMet: due > 0 && late === 0 && never === 0 && seen.problems.length === 0,
  };
}
