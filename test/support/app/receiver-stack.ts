/** The receiver of notifications behind its endpoint, on a fresh database; the index only notes what it is told. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createOriginOf } from '../../../server/http/client-address.ts';
import type { BodyBudgetOptions } from '../../../server/notifications/body-budget.ts';
import { createEventReader, type EventReaderDeps } from '../../../server/notifications/event-reader.ts';
import type { RegistryEvent } from '../../../server/notifications/events.ts';
import { createIntake, type Envelope } from '../../../server/notifications/intake.ts';
import { createNotificationEndpoint, type NotificationEndpoint } from '../../../server/notifications/routes.ts';
import { openTestDatabase, type TestDatabase } from '../data/database.ts';
import { eventually } from '../process/eventually.ts';
import { EVENTS_V2 } from '../registry/events.ts';
import { quietBus } from './bus.ts';

const log = pino({ level: 'silent' });
export const SECRET = 'a-secret-of-the-notifications';

export interface Stack {
  readonly url: string;
  readonly opened: TestDatabase;
  readonly applied: RegistryEvent[];
  readonly instances: string[];
  /** Repositories that were looked at; '' for all of them. */
  readonly looks: string[];
  readonly endpoint: NotificationEndpoint;
  readonly send: (body: string | Buffer, headers?: Record<string, string>) => Promise<Response>;
  readonly record: (envelope: Envelope) => Promise<void>;
  readonly untilApplied: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function start(
  secret: string | null,
  more: Partial<EventReaderDeps<RegistryEvent>> = {},
  budget: BodyBudgetOptions = {},
): Promise<Stack> {
  const opened = await openTestDatabase();
  const applied: RegistryEvent[] = [];
  const instances: string[] = [];
  const looks: string[] = [];
  const reader = createEventReader({
    db: opened.db,
    log,
    bus: quietBus(),
    onEvent: async (event) => {
      applied.push(event);
      return event;
    },
    count: async (_trx, events: readonly RegistryEvent[]) => events,
    onCounted: () => undefined,
    onInstance: (instance) => void instances.push(instance),
    look: (repository) => void looks.push(repository),
    crawl: () => void looks.push(''),
    attribute: async (events) =>
      events.map(({ actor, repository, tag, digest }) => ({
        isPermitted: actor === 'permitted',
        isOwnDigest: digest === `sha256:${'f'.repeat(64)}`,
        deletedBy: undefined,
        restoredBy: repository === 'put/back' && tag === 'v1' ? 'lin' : undefined,
      })),
    ...more,
  });
  const { now = Date.now } = more;
  const intake = createIntake({ db: opened.db, now, onStored: reader.handleStored, onOdd: reader.handleUnreadable });
  await reader.start();
  const endpoint = createNotificationEndpoint({
    intake,
    secret: () => secret,
    originOf: createOriginOf([]),
    log,
    budget,
  });
  const server = createServer(endpoint);
  const url = await listen(server);
  const unread = () => opened.db.selectFrom('envelopes').select('id').where('state', '=', 'new').execute();
  const unapplied = () => opened.db.selectFrom('events').selectAll().where('applied', '=', 0).execute();
  const isEmpty = (rows: readonly unknown[]) => rows.length === 0;
  return {
    url,
    opened,
    applied,
    instances,
    looks,
    record: intake.record,
    endpoint,
    send: (body, headers = {}) =>
      fetch(url, { method: 'POST', body: Buffer.from(body), headers: { 'Content-Type': EVENTS_V2, ...headers } }),
    untilApplied: async () => {
      await eventually('every envelope is read', unread, { until: isEmpty, pauseMs: 10 });
      await eventually('every event is applied', unapplied, { until: isEmpty, pauseMs: 10 });
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await intake.drain();
      await reader.stop();
      await opened.close();
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/notification`;
}
