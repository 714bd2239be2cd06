import { z } from 'zod';
import type { CrawlProgress } from '../../catalog/sync/crawl.ts';
import type { LossHold } from '../../catalog/sync/loss-guard.ts';
import type { ReadingUseCases } from '../../catalog/use-cases/reading.ts';
import { AppError } from '../../errors.ts';
import type { Operations } from '../../operations/operations.ts';
import type { StorageFacts } from '../../storage/health.ts';
import { count, time, timeOf, timeOrNull } from '../fields.ts';
import { type ApiRoute, route } from '../route.ts';
import { actorOf } from './find.ts';

export interface StatusRoutesDeps {
  readonly version: string;
  readonly operations: Pick<Operations, 'index' | 'notifications' | 'registry' | 'storage'>;
  readonly reading: Pick<ReadingUseCases, 'acceptLoss'>;
}

const storageSchema = z.strictObject({
  trouble: z
    .enum(['full', 'readonly', 'io', 'damaged', 'lost', 'busy'])
    .nullable()
    .describe('null: it can be written.'),
  since: time.nullable(),
  freeBytes: count.nullable(),
  freeInodes: count.nullable().describe('null where the file system does not count them.'),
  databaseBytes: count,
  writeAheadLogBytes: count,
  checkedAt: time.nullable().describe('The last look for damage.'),
});

const statusSchema = z
  .strictObject({
    version: z.string().meta({ description: 'Of Registry Web.', examples: ['0.1.0'] }),
    readonly: z.boolean().describe('Nothing is deleted through this API.'),
    registry: z.strictObject({
      name: z.string().meta({ description: 'What people type before the repository.', examples: ['registry:5000'] }),
      reachable: z.boolean().nullable().describe('null: not asked yet.'),
      lastAnswerAt: time.nullable(),
    }),
    index: z.strictObject({
      isComplete: z.boolean().describe('A crawl ended once: what is not listed is not there.'),
      hold: z
        .strictObject({ since: time, imagesChecked: count, imagesMissing: count })
        .nullable()
        .describe('The registry lacks most known images: nothing is removed until the loss is confirmed or ends.'),
      crawl: z
        .strictObject({
          running: z.boolean(),
          startedAt: time,
          finishedAt: time.nullable().describe('null while it runs or waits to be continued.'),
          repositoriesDone: count,
          repositoriesTotal: count.nullable().describe('null until the catalog was read to its end.'),
          tagsDone: count,
          repositoriesPerSecond: z.number().nullable(),
          remainingSeconds: z.number().nullable(),
        })
        .nullable()
        .describe('The one that runs, or the last one.'),
    }),
    details: z
      .strictObject({
        registryAddress: z.string().meta({ examples: ['http://registry:5000'] }),
        registryVersion: z
          .string()
          .nullable()
          .meta({ examples: ['3.1.1'] }),
        registryError: z.string().nullable(),
        crawlReason: z
          .string()
          .nullable()
          .meta({ examples: ['start'] }),
        crawlFailures: count,
        crawlError: z.string().nullable(),
        lastEventAt: time.nullable(),
        lastVerifiedEventAt: time.nullable(),
        eventLagMs: z.number().nullable(),
        envelopesWaiting: count,
        envelopesQuarantined: count,
        storage: storageSchema,
      })
      .nullable()
      .describe('For admins and auditors; null for everybody else.'),
  })
  .meta({ id: 'Status' });

export function statusRoutes(deps: StatusRoutesDeps): readonly ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/status',
      id: 'getStatus',
      policy: 'browse',
      group: 'Status',
      summary: 'Get the state of the registry and the index',
      response: statusSchema,
      handler: async (_input, { caller: { rights } }) => ({
        ...factsForAll(deps),
        details: rights.isAdmin || rights.isAuditor ? await detailsOf(deps.operations) : null,
      }),
    }),
    route({
      method: 'POST',
      path: '/index/accept-loss',
      id: 'acceptLoss',
      policy: 'admin',
      group: 'Status',
      summary: 'Confirm that images missing in the registry are gone',
      description:
        'While `index.hold` of the status is set. Missing tags are removed from the index and moved to trash. Admins only.',
      response: z.strictObject({ accepted: z.literal(true) }).meta({ id: 'AcceptedLoss' }),
      handler: async (_input, context) => {
        if (await deps.reading.acceptLoss(actorOf(context))) return { accepted: true as const };
        throw new AppError('CONFLICT', 'There is no loss to confirm.', { key: 'holdNone' });
      },
    }),
  ];
}

function factsForAll({ version, operations }: StatusRoutesDeps) {
  const { publicName, reachable, lastAnswerAt, isReadonly } = operations.registry();
  const { crawl, hold, isComplete } = operations.index();
  return {
    version,
    readonly: isReadonly,
    registry: { name: publicName, reachable, lastAnswerAt: timeOrNull(lastAnswerAt) },
    index: { isComplete, hold: holdBody(hold), crawl: crawl === undefined ? null : crawlBody(crawl) },
  };
}

function holdBody(hold: LossHold | undefined) {
  if (hold === undefined) return null;
  return { since: timeOf(hold.since), imagesChecked: hold.sampledCount, imagesMissing: hold.missingCount };
}

function crawlBody(crawl: CrawlProgress) {
  const { isRunning, repositoriesDone, repositoriesTotal, tagsDone, repositoriesPerSecond, remainingMs } = crawl;
  return {
    running: isRunning,
    startedAt: timeOf(crawl.startedAt),
    finishedAt: timeOrNull(crawl.finishedAt),
    ...{ repositoriesDone, repositoriesTotal, tagsDone, repositoriesPerSecond },
    remainingSeconds: remainingMs === null ? null : Math.round(remainingMs / 1000),
  };
}

function storageBody(facts: StorageFacts) {
  const { trouble, since, freeBytes, freeInodes, fileBytes, walBytes, checkedAt } = facts;
  return {
    ...{ trouble, freeBytes, freeInodes },
    since: timeOrNull(since),
    databaseBytes: fileBytes,
    writeAheadLogBytes: walBytes,
    checkedAt: timeOrNull(checkedAt),
  };
}

async function detailsOf(operations: StatusRoutesDeps['operations']) {
  const { address, version, error } = operations.registry();
  const { crawl } = operations.index();
  const events = await operations.notifications();
  return {
    registryAddress: address,
    registryVersion: version,
    registryError: error,
    crawlReason: crawl?.reason ?? null,
    crawlFailures: crawl?.failures ?? 0,
    crawlError: crawl?.error ?? null,
    lastEventAt: timeOrNull(events.lastAt),
    lastVerifiedEventAt: timeOrNull(events.lastVerifiedAt),
    eventLagMs: events.lagMs,
    envelopesWaiting: events.waiting,
    envelopesQuarantined: events.quarantined,
    storage: storageBody(operations.storage()),
  };
}
