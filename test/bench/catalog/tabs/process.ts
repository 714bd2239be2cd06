/** Many open tabs in a process of their own, so that their work is not taken for the server's. Told what to do by `rows/tabs.ts`. */
import type { TabsPlan, TabsReport, Told } from './messages.ts';
import { createPageClient } from './page-client.ts';
import { openTab, type Tab } from './tab.ts';

/** At once: people do not open all their tabs in the same moment. */
const OPEN_AT_ONCE = 10;

interface Push {
  readonly at: number;
  readonly name: RegExp;
  readonly shown: { tab: number; afterMs: number }[];
  readonly before: readonly number[];
  /** Tabs that do not show it yet. */
  readonly waiting: Set<number>;
}

const tabs: Tab[] = [];
const pushes: Push[] = [];
const problems: string[] = [];
const counts = { requests: 0, notModified: 0, changes: 0, bytes: 0 };
let begun = process.cpuUsage();

async function open({ port, people, tabs: plans }: TabsPlan): Promise<void> {
  const clients = people.map((cookie, index) => createPageClient(port, cookie, `127.0.1.${index + 1}`));
  const waiting = [...plans.entries()];
  const opener = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await openNext(...next);
  };
  const openNext = async (tab: number, { path, person }: TabsPlan['tabs'][number]) => {
    const client = clients[person];
    if (client === undefined) throw new Error(`Tab ${tab} is nobody's`);
    tabs[tab] = await openTab(client, path, {
      onChanged: (source, bytes) => noteChanged(tab, source, bytes),
      onSame: () => {
        counts.requests += 1;
        counts.notModified += 1;
      },
      onFailed: (problem) => problems.push(problem),
    });
  };
  await Promise.all(Array.from({ length: OPEN_AT_ONCE }, opener));
}

function noteChanged(tab: number, source: 'request' | 'stream', bytes: number): void {
  counts[source === 'request' ? 'requests' : 'changes'] += 1;
  counts.bytes += bytes;
  const text = tabs[tab]?.text() ?? '';
  for (const push of pushes) {
    if (!push.waiting.has(tab) || !push.name.test(text)) continue;
    push.waiting.delete(tab);
    push.shown.push({ tab, afterMs: performance.now() - push.at });
  }
}

function expect(repository: string, expected: readonly number[]): void {
  // The last part of its name is its own; where its folders stand is the page's affair.
  const name = new RegExp(`\\b${repository.slice(repository.lastIndexOf('/') + 1)}(?![\\w-])`);
  const before = expected.filter((tab) => name.test(tabs[tab]?.text() ?? ''));
  const waiting = new Set(expected.filter((tab) => !before.includes(tab)));
  pushes.push({ at: performance.now(), name, shown: [], before, waiting });
}

function report(): TabsReport {
  const { user, system } = process.cpuUsage(begun);
  const { bytes, ...rest } = counts;
  const shown = pushes.map((push) => push.shown);
  const before = pushes.map((push) => push.before);
  return { shown, before, problems, ...rest, megabytes: bytes / 1e6, cpuMs: (user + system) / 1000 };
}

process.on('disconnect', () => process.exit(0));
process.on('message', async (told: Told) => {
  if (told.kind === 'push') {
    expect(told.repository, told.tabs);
    process.send?.('expected');
  } else if (told.kind === 'open') {
    await open(told.plan);
    begun = process.cpuUsage();
    process.send?.('open');
  } else process.send?.(report(), undefined, undefined, () => process.exit(0));
});
