import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { machineOf, type OriginOf } from '../http/client-address.ts';
import { toHttpError } from '../http/http-error.ts';
import type { Logger } from '../log.ts';
import { type Body, readBody } from './body.ts';
import { type BodyBudgetOptions, createBodyBudget } from './body-budget.ts';
import type { Envelope } from './intake.ts';

export interface NotificationEndpointDeps {
  /** Resolves once the raw envelope is durable; parsing happens afterwards, from the stored row. */
  readonly intake: { readonly record: (envelope: Envelope) => Promise<void> };
  /** What `Authorization` must carry; null: nothing was agreed, every envelope is taken and none is verified. */
  readonly secret: () => string | null;
  readonly originOf: OriginOf;
  readonly log: Logger;
  readonly now?: () => number;
  readonly budget?: BodyBudgetOptions;
}

const LOG_EVERY_MS = 60_000;
const TOO_MUCH = 'Too many notifications arrive at once; send it again';

interface Sent {
  readonly body: Body;
  readonly source: string;
  readonly verified: boolean;
}

/**
 * A plain handler, ahead of sessions and CSRF: the caller is a machine that keeps every event until we answer 2xx, so
 * any 4xx blocks all later events and any 3xx loses them. Only who may not send gets 401, only a failed write gets 503.
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
    if (body.kind === 'busy') return answer(response, 503, TOO_MUCH, { 'Retry-After': '1' });
    const mediaType = request.headers['content-type'] ?? '';
    const aside = body.kind === 'odd' ? { error: body.error } : {};
    await intake.record({ mediaType, source, verified, body: body.bytes, ...aside });
    response.writeHead(204, { 'Cache-Control': 'no-store' }).end();
  }

  const endpoint = (request: IncomingMessage, response: ServerResponse): Promise<void> =>
    handle(request, response).catch((error: unknown) => {
      const { status, message } = toHttpError(error);
      log.error({ error, status }, 'notification not stored');
      // Anything unexpected is answered 503 too: the registry then keeps the event.
      answer(response, 503, message, { 'Retry-After': '1' });
    });
  const refusals = () => ({ count: refused, lastAt: lastRefusedAt });
  return Object.assign(endpoint, { refusals, heldBytes: held.heldBytes });
}

export interface NotificationEndpoint {
  (request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Requests without the right secret since the start; the status page tells the line to change. */
  readonly refusals: () => { readonly count: number; readonly lastAt: number | undefined };
  /** What is in memory of bodies that are not stored yet. */
  readonly heldBytes: () => number;
}

/** The connection is closed, as the rest of the body was not read. */
function answer(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  if (response.headersSent) return;
  response
    .writeHead(status, { ...headers, 'Content-Type': 'text/plain', 'Cache-Control': 'no-store', Connection: 'close' })
    .end(`${text}\n`);
}

/** Digests have one length, so the comparison tells neither the secret nor its length. */
function carries(request: IncomingMessage, secret: string): boolean {
  const sent = request.headers.authorization ?? '';
  const bare = (text: string) => text.replace(/^Bearer +/i, '');
  return timingSafeEqual(sha256(bare(sent)), sha256(bare(secret)));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
