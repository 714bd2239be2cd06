/**
 * The receiver alone in a process of its own, for tests that kill it. `MUTANT=early` answers before the commit: a test
 * that does not notice would prove nothing.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createOriginOf } from '../../server/http/client-address.ts';
import { createReceiver } from '../../server/notifications/receiver.ts';
import { createNotificationEndpoint } from '../../server/notifications/routes.ts';
import { openDatabase, synchronousMode } from '../../server/storage/database.ts';

const [, , dataPath = ''] = process.argv;
const isMutant = process.env['MUTANT'] === 'early';
const MUTANT_DELAY_MS = 5;

const log = pino({ level: 'error' });
const { db } = await openDatabase({ dataPath, exclusive: true });
const receiver = createReceiver({
  db,
  log,
  onEvent: async () => undefined,
  count: async (_trx, uses) => uses,
  onCounted: () => undefined,
  onInstance: () => undefined,
  look: () => undefined,
  crawl: () => undefined,
  holdsPermit: () => false,
  isOwnDigest: () => false,
  whoDeleted: () => undefined,
  whoRestored: () => undefined,
});
await receiver.start();

const early: typeof receiver = {
  ...receiver,
  record: async (envelope) => void setTimeout(() => receiver.record(envelope), MUTANT_DELAY_MS),
};
const endpoint = createNotificationEndpoint({
  intake: isMutant ? early : receiver,
  secret: () => null,
  originOf: createOriginOf([]),
  log,
});
const server = createServer(endpoint);
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ port, synchronous: await synchronousMode(db) })}\n`);
});
