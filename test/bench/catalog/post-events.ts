import { EVENT_SECRET } from '../../support/app/app.ts';
import { anEnvelope, EVENTS_V2 } from '../../support/registry/events.ts';
import { ask } from './ask.ts';

/** @throws when the receiver did not take them. */
export async function postEvents(url: string, ...events: readonly unknown[]): Promise<void> {
  const headers = { authorization: EVENT_SECRET, 'content-type': EVENTS_V2 };
  const { status } = await ask(`${url}/api/notification`, headers, anEnvelope(...events));
  if (status < 200 || status > 299) throw new Error(`The receiver answered ${status}`);
}
