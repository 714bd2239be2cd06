import { EVENT_SECRET } from '../../support/app/app.ts';
import { anEnvelope, EVENTS_V2 } from '../../support/registry/events.ts';

/** @throws when the receiver did not take them. */
export async function postEvents(url: string, ...events: readonly unknown[]): Promise<void> {
  const answer = await fetch(`${url}/api/notification`, {
    method: 'POST',
    headers: { authorization: EVENT_SECRET, 'content-type': EVENTS_V2 },
    body: anEnvelope(...events),
  });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`The receiver answered ${answer.status}`);
}
