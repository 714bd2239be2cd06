import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { anEnvelope, anEvent, EVENTS_V2 } from './events.ts';

export interface Post {
  readonly status: number;
  readonly milliseconds: number;
}

/** One POST. Rejects when the connection breaks. */
function postEnvelope(port: number, body: string, agent: Agent): Promise<Post> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': EVENTS_V2, 'Content-Length': Buffer.byteLength(body) };
    const path = '/api/notification';
    const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent }, (answer) => {
      answer.resume();
      answer.once('error', reject);
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, milliseconds: performance.now() - started }));
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

export interface Sent {
  /** Ids of events that were answered with 2xx. */
  readonly acknowledged: string[];
  readonly milliseconds: number[];
}

/** Each sender posts one event after the other, as a registry does, until `isOver` or the connection breaks. */
export async function sendEvents(
  port: number,
  senders: number,
  isOver: () => boolean,
  onAcknowledged: () => void = () => undefined,
): Promise<Sent> {
  const agent = new Agent({ keepAlive: true, maxSockets: senders });
  const sent: Sent = { acknowledged: [], milliseconds: [] };
  const sender = async () => {
    while (!isOver()) {
      const id = randomUUID();
      try {
        const { status, milliseconds } = await postEnvelope(port, anEnvelope(anEvent({ id, tag: 'v1' })), agent);
        if (status < 200 || status > 299) continue;
        sent.acknowledged.push(id);
        sent.milliseconds.push(milliseconds);
        onAcknowledged();
      } catch {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  agent.destroy();
  return sent;
}
