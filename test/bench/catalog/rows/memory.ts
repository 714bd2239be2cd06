/** Memory of the server while people browse, clients get tokens, the registry tells of pulls, and all of it is crawled. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN_PASSWORD } from '../../../support/app/app.ts';
import { createVisitor } from '../../../support/app/web.ts';
import { anEvent } from '../../../support/registry/events.ts';
import { planRegistry } from '../../../support/registry/generated-plan.ts';
import { type Line, median, note, seconds } from '../../lines.ts';
import { ask } from '../ask.ts';
import { fresh, pagePaths } from '../pages.ts';
import { postEvents } from '../post-events.ts';
import { ruledFolders, type Stage } from '../stages.ts';

const MAX_MEGABYTES = 400;
/** What the last third may be above the middle one. */
const MAX_GROWTH = 1.05;
const SAMPLE_MS = 2000;
const READERS = 10;
const PAUSE_MS = 50;

export async function memoryRow(stage: Stage, durationMs: number): Promise<Line> {
  const { server, registry, size } = stage;
  const end = performance.now() + durationMs;
  const samples: number[] = [];
  const counts: Counts = { pages: 0, tokens: 0, events: 0, problems: [] };
  const isOver = () => performance.now() > end;
  const [ruled = ''] = await stage.people('fifty');
  registry.serve(stage.file);
  await server.reset();
  await server.resetPeak();
  await crawlAll(stage);
  const readers = Array.from({ length: READERS }, (_, index) =>
    readPages(stage, { index, cookie: index % 2 === 0 ? stage.admin : ruled }, counts, isOver),
  );
  const work = Promise.all([...readers, askTokens(stage, counts, isOver), sendEvents(stage, counts, isOver)]);
  while (!isOver()) {
    await sleep(SAMPLE_MS);
    samples.push((await server.residentMegabytes()).now);
  }
  await work;
  const { outgoing } = await server.report();
  const { problems, ...done } = counts;
  note(`${seconds(durationMs)} of ${JSON.stringify({ ...done, crawled: outgoing.count })}`);
  for (const problem of new Set(problems)) note(problem);
  const { peak } = await server.residentMegabytes();
  return lineOf(size.tags, { peak, samples, problems });
}

interface Measured {
  readonly peak: number;
  readonly samples: readonly number[];
  readonly problems: readonly string[];
}

function lineOf(tags: number, { peak, samples, problems }: Measured): Line {
  const third = Math.floor(samples.length / 3);
  const [middle, last] = [median(samples.slice(third, 2 * third)), median(samples.slice(2 * third))];
  note(`median of the middle third ${middle.toFixed(0)} MB, of the last third ${last.toFixed(0)} MB`);
  return {
    what: `memory of all threads at ${tags.toLocaleString('en')} tags under mixed load and a crawl`,
    measured: `at most ${peak.toFixed(0)} MB, last third ${((last / middle - 1) * 100).toFixed(1)}% above the middle`,
    goal: `below ${MAX_MEGABYTES} MB, flat`,
    isMet: peak < MAX_MEGABYTES && last <= middle * MAX_GROWTH && problems.length === 0,
  };
}

/** Every tag is asked for, which goes on as long as the rest. */
async function crawlAll({ server: { app } }: Stage): Promise<void> {
  const admin = createVisitor(app.url);
  await admin.signIn('admin', ADMIN_PASSWORD);
  const answer = await admin.post('/status/crawl', {});
  if (answer.status !== 303) throw new Error(`The crawl was not begun: ${answer.status}`);
}

interface Counts {
  pages: number;
  tokens: number;
  events: number;
  readonly problems: string[];
}

interface Reader {
  readonly index: number;
  readonly cookie: string;
}

async function readPages(
  stage: Stage,
  { index, cookie }: Reader,
  counts: Counts,
  isOver: () => boolean,
): Promise<void> {
  const below = cookie === stage.admin ? undefined : ruledFolders(stage.size);
  const all = Object.values(pagePaths(stage.size, below)).flat();
  const next = fresh([...all.slice(index * 7), ...all.slice(0, index * 7)]);
  while (!isOver()) {
    const path = next();
    const { status } = await ask(stage.server.app.url + path, { cookie });
    counts.pages += 1;
    if (status !== 200) counts.problems.push(`${path} answered ${status}`);
    await sleep(PAUSE_MS);
  }
}

async function askTokens(stage: Stage, counts: Counts, isOver: () => boolean): Promise<void> {
  const plans = planRegistry(stage.size);
  const authorization = `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`;
  for (let step = 0; !isOver(); step += 1) {
    const scope = `repository:${plans[step % plans.length]?.name}:pull`;
    const url = `${stage.server.app.url}/api/auth?service=registry.example.com&scope=${scope}`;
    const { status } = await ask(url, { authorization });
    counts.tokens += 1;
    if (status !== 200) counts.problems.push(`a token for ${scope} was answered by ${status}`);
    await sleep(PAUSE_MS);
  }
}

async function sendEvents(stage: Stage, counts: Counts, isOver: () => boolean): Promise<void> {
  const plans = planRegistry(stage.size);
  for (let step = 0; !isOver(); step += 1) {
    const event = anEvent({ action: 'pull', repository: plans[(step * 13) % plans.length]?.name ?? '', tag: 'v1.0.0' });
    await postEvents(stage.server.app.url, event).catch((error: unknown) => counts.problems.push(String(error)));
    counts.events += 1;
    await sleep(PAUSE_MS);
  }
}
