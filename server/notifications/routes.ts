import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { machineOf, type OriginOf } from '../http/client-address.ts';
import { toHttpError } from '../http/http-error.ts';
import type { Logger } from '../log.ts';
import { type Body, readBody } from './body.ts';
import { type BodyBudgetOptions, createBodyBudget } from './body-budget.ts';
import type { Envelope } from './intake.ts';

export interface NotificationEndpointDeps {
  /** Resolves once the raw envelope is synced to disk; it is parsed afterwards, from the stored row. */
  readonly intake: { readonly record: (envelope: Envelope) => Promise<void> };
  /**
   * The secret that `Authorization` must contain; null: none is configured, and every envelope is accepted as
   * unverified.
   */
  readonly secret: () => string | null;
  readonly originOf: OriginOf;
  readonly log: Logger;
  readonly now?: () => number;
  readonly budget?: BodyBudgetOptions;
}

const LOG_EVERY_MS = 60_000;
const BUSY_TEXT = 'Too many notifications arrive at once; send it again';

interface Sent {
  readonly body: Body;
  readonly source: string;
  readonly verified: boolean;
}

/**
 * A plain handler in front of sessions and CSRF. The registry repeats an event until it gets 2xx: a 4xx would block all
 * later events, a 3xx would lose them. So only senders without the secret get 401, and only failed writes get 503.
 * @see https://distribution.github.io/distribution/about/notifications/
 */
export function createNotificationEndpoint({
  intake,
  secret,
  originOf,
  log,
  now = Date.now,
  budget,
}: NotificationEndpointDeps): NotificationEndpoint {
  const held = createBodyBudget(budget);
  let refused = 0;
  let lastRefusedAt: number | undefined;
  let loggedAt = Number.NEGATIVE_INFINITY;

  function reportRefused(request: IncomingMessage): void {
    refused += 1;
    lastRefusedAt = now();
    if (lastRefusedAt - loggedAt < LOG_EVERY_MS) return;
    loggedAt = lastRefusedAt;
    log.warn({ address: originOf(request).address, refused }, 'notification refused: wrong or no secret');
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') return answer(response, 405, 'Send notifications with POST', { Allow: 'POST' });
    const expected = secret();
    if (expected !== null && !carries(request, expected)) {
      reportRefused(request);
      return answer(response, 401, 'The Authorization header lacks the configured secret', {
        'WWW-Authenticate': 'Bearer realm="notifications"',
      });
    }
    const { address } = originOf(request);
    const share = held.share(address);
    try {
      const body = await readBody(request, share);
      await keep(request, response, { body, source: machineOf(address), verified: expected !== null });
    } finally {
      share.release();
    }
  }

  async function keep(request: IncomingMessage, response: ServerResponse, sent: Sent): Promise<void> {
    const { body, source, verified } = sent;
    if (body.kind === 'aborted') return void response.destroy();
    if (body.kind === 'endless') return answer(response, 413, 'No registry sends an envelope of this size');
    if (body.kind === 'busy') return answer(response, 503, BUSY_TEXT, { 'Retry-After': '1' });
    const mediaType = request.headers['content-type'] ?? '';
    const aside = body.kind === 'odd' ? { error: body.error } : {};
    await intake.record({ mediaType, source, verified, body: body.bytes, ...aside });
    response.writeHead(204, { 'Cache-Control': 'no-store' }).end();
  }

  const endpoint = (request: IncomingMessage, response: ServerResponse): Promise<void> =>
    handle(request, response).catch((error: unknown) => {
      const { status, message } = toHttpError(error);
      log.error({ error, status }, 'notification not stored');
      // Unexpected errors are answered 503, too, so that the registry keeps the event.
      answer(response, 503, message, { 'Retry-After': '1' });
    });
  const refusals = () => ({ count: refused, lastAt: lastRefusedAt });
  return Object.assign(endpoint, { refusals, heldBytes: held.heldBytes });
}

export interface NotificationEndpoint {
  (request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Requests with a wrong or missing secret since the start. */
  readonly refusals: () => { readonly count: number; readonly lastAt: number | undefined };
  /** Bytes of bodies in memory that are not stored yet. */
  readonly heldBytes: () => number;
}

/** Closes the connection, because the rest of the body was not read. */
function answer(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  if (response.headersSent) return;
  response
    .writeHead(status, { ...headers, 'Content-Type': 'text/plain', 'Cache-Control': 'no-store', Connection: 'close' })
    .end(`${text}\n`);
}

/** Compares hashes, which have one length, in constant time: reveals neither the secret nor its length. */
function carries(request: IncomingMessage, secret: string): boolean {
  const sent = request.headers.authorization ?? '';
  const bare = (text: string) => text.replace(/^Bearer +/i, '');
  return timingSafeEqual(sha256(bare(sent)), sha256(bare(secret)));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
