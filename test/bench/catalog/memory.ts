/** Memory of the server at a million tags while people browse, clients get tokens and the registry tells of pulls. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN_PASSWORD, EVENT_SECRET } from '../../support/app/app.ts';
import { anEnvelope, anEvent, EVENTS_V2 } from '../../support/registry/events.ts';
import { planRegistry } from '../../support/registry/generated-plan.ts';
import { pagePaths } from './pages.ts';
import { ruledFolders, type Stage } from './stages.ts';
import { type Line, median, note } from './table.ts';

const MAX_MEGABYTES = 400;
/** What the last third may be above the middle one. */
const MAX_GROWTH = 1.05;
const SAMPLE_MS = 2000;
const READERS = 10;
const PAUSE_MS = 50;

export async function memoryRow(stage: Stage, minutes: number): Promise<Line> {
  const end = performance.now() + minutes * 60_000;
  const samples: number[] = [];
  const counts = { pages: 0, tokens: 0, events: 0, failures: 0 };
  const isOver = () => performance.now() > end;
  const readers = Array.from({ length: READERS }, (_, index) => readPages(stage, index, counts, isOver));
  const work = Promise.all([...readers, askTokens(stage, counts, isOver), sendEvents(stage, counts, isOver)]);
  while (!isOver()) {
    await sleep(SAMPLE_MS);
    samples.push(await stage.server.residentMegabytes());
  }
  await work;
  const third = Math.floor(samples.length / 3);
  const [middle, last] = [median(samples.slice(third, 2 * third)), median(samples.slice(2 * third))];
  const { failures, ...done } = counts;
  note(`${minutes} minutes of ${JSON.stringify(done)}, ${failures} failures`);
  note(`median of the middle third ${middle.toFixed(0)} MB, of the last third ${last.toFixed(0)} MB`);
  const most = Math.max(...samples);
  return {
    what: `memory at ${stage.size.tags.toLocaleString('en')} tags under mixed load`,
    measured: `at most ${most.toFixed(0)} MB, last third ${((last / middle - 1) * 100).toFixed(1)}% above the middle`,
    goal: `below ${MAX_MEGABYTES} MB, flat`,
    isMet: most < MAX_MEGABYTES && last <= middle * MAX_GROWTH && failures === 0,
  };
}

interface Counts {
  pages: number;
  tokens: number;
  events: number;
  failures: number;
}

async function readPages(stage: Stage, index: number, counts: Counts, isOver: () => boolean): Promise<void> {
  const [cookie, below] = index % 2 === 0 ? [stage.admin] : [stage.ruled, ruledFolders(stage.size)];
  const paths = Object.values(pagePaths(stage.size, below)).flat();
  for (let step = index * 7; !isOver(); step += 1) {
    const answer = await fetch(`${stage.server.app.url}${paths[step % paths.length]}`, { headers: { cookie } });
    await answer.arrayBuffer();
    counts.pages += 1;
    if (answer.status !== 200) counts.failures += 1;
    await sleep(PAUSE_MS);
  }
}

async function askTokens(stage: Stage, counts: Counts, isOver: () => boolean): Promise<void> {
  const plans = planRegistry(stage.size);
  const authorization = `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`;
  for (let step = 0; !isOver(); step += 1) {
    const scope = `repository:${plans[step % plans.length]?.name}:pull`;
    const url = `${stage.server.app.url}/api/auth?service=registry.example.com&scope=${scope}`;
    const answer = await fetch(url, { headers: { authorization } });
    await answer.arrayBuffer();
    counts.tokens += 1;
    if (answer.status !== 200) counts.failures += 1;
    await sleep(PAUSE_MS);
  }
}

async function sendEvents(stage: Stage, counts: Counts, isOver: () => boolean): Promise<void> {
  const plans = planRegistry(stage.size);
  for (let step = 0; !isOver(); step += 1) {
    const event = anEvent({ action: 'pull', repository: plans[(step * 13) % plans.length]?.name ?? '', tag: 'v1.0.0' });
    const answer = await fetch(`${stage.server.app.url}/api/notification`, {
      method: 'POST',
      headers: { authorization: EVENT_SECRET, 'content-type': EVENTS_V2 },
      body: anEnvelope(event),
    });
    await answer.arrayBuffer();
    counts.events += 1;
    if (!answer.ok) counts.failures += 1;
    await sleep(PAUSE_MS);
  }
}
