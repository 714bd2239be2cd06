/**
 * The receiver alone in a process of its own, for tests that kill it. `MUTANT=early` answers before the commit: a test
 * that does not notice would prove nothing.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createBus } from '../../../server/bus/bus.ts';
import { createOriginOf } from '../../../server/http/client-address.ts';
import { createEventReader } from '../../../server/notifications/event-reader.ts';
import { createIntake } from '../../../server/notifications/intake.ts';
import { createNotificationEndpoint } from '../../../server/notifications/routes.ts';
import { openDatabase, synchronousMode } from '../../../server/storage/database.ts';

const [, , dataPath = ''] = process.argv;
const isMutant = process.env['MUTANT'] === 'early';
const MUTANT_DELAY_MS = 5;

const log = pino({ level: 'error' });
const { db } = await openDatabase({ dataPath, exclusive: true });
const reader = createEventReader({
  db,
  log,
  bus: createBus(log),
  onEvent: async () => undefined,
  count: async (_trx, uses) => uses,
  onCounted: () => undefined,
  onInstance: () => undefined,
  look: () => undefined,
  crawl: () => undefined,
  attribute: async (events) =>
    events.map(() => ({ isPermitted: false, isOwnDigest: false, deletedBy: undefined, restoredBy: undefined })),
});
await reader.start();

const intake = createIntake({ db, now: Date.now, onStored: reader.handleStored, onOdd: reader.handleUnreadable });
const early: typeof intake = {
  ...intake,
  record: async (envelope) => void setTimeout(() => intake.record(envelope), MUTANT_DELAY_MS),
};
const endpoint = createNotificationEndpoint({
  intake: isMutant ? early : intake,
  secret: () => null,
  originOf: createOriginOf([]),
  log,
});
const server = createServer(endpoint);
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ port, synchronous: await synchronousMode(db) })}\n`);
});
