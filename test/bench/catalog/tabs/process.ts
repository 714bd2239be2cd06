/** Many open tabs in a process of their own, so that their work is not taken for the server's. Told what to do by `rows/tabs.ts`. */
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Followed, TabsPlan, TabsReport } from './messages.ts';
import { type Answer, createPageClient } from './page-client.ts';
import { openTab, type Tab } from './tab.ts';

/** At once: people do not open all their tabs in the same moment. */
const OPEN_AT_ONCE = 10;

const followed: Followed[] = [];
const problems: string[] = [];
const shown: (Answer | undefined)[] = [];
const tabs: Tab[] = [];
const counts = { requests: 0, notModified: 0, bytes: 0 };

async function open({ port, people, tabs: plans }: TabsPlan): Promise<void> {
  const clients = people.map((cookie, index) => createPageClient(port, cookie, `127.0.1.${index + 1}`));
  const waiting = [...plans.entries()];
  const opener = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [tab, { path, person }] = next;
      const client = clients[person];
      if (client === undefined) throw new Error(`Tab ${tab} is nobody's`);
      const onFollowed = (names: readonly string[], answer: Answer) => noteFollowed(tab, names, answer);
      tabs.push(await openTab({ client, path, onFollowed, onFailed: (problem) => problems.push(problem) }));
    }
  };
  await Promise.all(Array.from({ length: OPEN_AT_ONCE }, opener));
}

function noteFollowed(tab: number, names: readonly string[], answer: Answer): void {
  followed.push({ tab, names, at: performance.timeOrigin + performance.now() });
  counts.requests += 1;
  counts.bytes += answer.body.length;
  if (answer.status === 304) counts.notModified += 1;
  else shown[tab] = answer;
}

function report(): TabsReport {
  const { user, system } = process.cpuUsage(begun);
  const { bytes, ...rest } = counts;
  const texts = Array.from(shown, (answer) => (answer === undefined ? '' : unpacked(answer)));
  return { followed, problems, ...rest, megabytes: bytes / 1e6, cpuMs: (user + system) / 1000, shown: texts };
}

function unpacked({ encoding, body }: Answer): string {
  if (encoding === 'br') return brotliDecompressSync(body).toString();
  if (encoding === 'gzip') return gunzipSync(body).toString();
  return (encoding === 'deflate' ? inflateSync(body) : body).toString();
}

let begun = process.cpuUsage();
process.on('disconnect', () => process.exit(0));
process.on('message', async (message: { kind: 'open'; plan: TabsPlan } | { kind: 'report' }) => {
  if (message.kind === 'report') return process.send?.(report(), undefined, undefined, () => process.exit(0));
  await open(message.plan);
  begun = process.cpuUsage();
  process.send?.('open');
});
