/** How late the main thread is while 16 MB of events come in, in envelopes as large as one may be, and are read. */
import { setTimeout as sleep } from 'node:timers/promises';
import { anEnvelope, anEvent } from '../../../support/registry/events.ts';
import { type Line, note, seconds } from '../../lines.ts';
import { openIndexReader } from '../index-reader.ts';
import { loopLine } from '../loop-line.ts';
import { postEvents } from '../post-events.ts';
import type { Stage } from '../stages.ts';

const ENVELOPES = 2;
const MAX_ENVELOPE_BYTES = 8 * 1024 * 1024;
const TAGS = 2000;
/** Of a busy registry one event in five is a push; each is looked at in the registry. */
const PUSH_EVERY = 5;
const WITHIN_MS = 300_000;

export async function eventsRow({ server, registry, file }: Stage): Promise<Line> {
  const index = openIndexReader(file);
  registry.serve(file);
  try {
    const tags = index.someTags(TAGS);
    const envelopes = Array.from({ length: ENVELOPES }, () => fullEnvelope(tags));
    const begin = performance.now();
    await server.watchLoop();
    for (const events of envelopes) await postEvents(server.app.url, ...events);
    await untilApplied(index, begin + WITHIN_MS);
    const report = await server.report();
    note(`${envelopes.flat().length} events, the index had them after ${seconds(performance.now() - begin)}`);
    return loopLine('16 MB of events', report);
  } finally {
    index.close();
  }
}

type Tag = ReturnType<ReturnType<typeof openIndexReader>['someTags']>[number];

function fullEnvelope(tags: readonly Tag[]): readonly unknown[] {
  const events: unknown[] = [];
  let size = anEnvelope().length;
  for (;;) {
    const event = eventOf(tags[events.length % tags.length], events.length);
    // Each line of it stands further in, and a comma parts it from the next.
    const text = JSON.stringify(event, null, 3);
    size += text.length + 6 * (text.split('\n').length + 1);
    if (size > MAX_ENVELOPE_BYTES) return events;
    events.push(event);
  }
}

function eventOf(tag: Tag | undefined, index: number): Record<string, unknown> {
  const action = index % PUSH_EVERY === 0 ? 'push' : 'pull';
  return anEvent({ ...tag, action, method: action === 'push' ? 'PUT' : 'GET', actor: `person-${index % 50}` });
}

/** Kept and read first, then told to the index: nothing is left when both counts are 0 for a while. */
async function untilApplied(index: ReturnType<typeof openIndexReader>, end: number): Promise<void> {
  for (let quiet = 0; quiet < 5; quiet += 1) {
    await sleep(200);
    if (index.waitingEvents() > 0) quiet = 0;
    if (performance.now() > end) throw new Error(`${index.waitingEvents()} events still wait`);
  }
}
