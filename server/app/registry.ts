/** Everything about the registry: the managed process, notifications, the index, deletions, its health. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { createActivity } from '../catalog/activity/activity.ts';
import { isVisibleName } from '../catalog/visibility/visibility.ts';
import { monotonic } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { isManagedRegistry, tokenRealm } from '../config/public-url.ts';
import { StartError } from '../errors.ts';
import { createDeletion, type Deletion } from '../housekeeping/deletion.ts';
import { createDispatcher, type PlainHandler } from '../http/dispatch.ts';
import { closeServer, createHttpServer, listen } from '../http/server.ts';
import { createJobRuns } from '../jobs/job-runs.ts';
import { createScheduler } from '../jobs/scheduler.ts';
import { createEventStore } from '../notifications/events.ts';
import { createIntake } from '../notifications/intake.ts';
import type { Asked, EventAttribution } from '../notifications/project.ts';
import { createQuarantine } from '../notifications/quarantine.ts';
import { createNotificationEndpoint } from '../notifications/routes.ts';
import { createMonitor } from '../registry/client/monitor.ts';
import { findRegistry } from '../registry/managed/find-registry.ts';
import { createManagedRegistry, type ManagedRegistry } from '../registry/managed/managed.ts';
import type { RecentGrants } from '../token/recent-grants.ts';
import type { AppOptions, Core } from './core.ts';
import { createIndexHost } from './index-host.ts';
import { prepareRegistryConfig } from './prepare.ts';
import { storageFolder } from './storage-folder.ts';
import type { TokenSide } from './token.ts';

export interface RegistrySideOptions extends AppOptions {
  readonly core: Core;
  readonly token: TokenSide;
}

export type RegistrySide = Awaited<ReturnType<typeof createRegistrySide>>;

const INNER_DRAIN_MS = 1000;
const MAX_JUST_OPENED = 1000;
/** It is read every 15 seconds at most. */
const OPENED_AGAIN_MS = 1000;

export async function createRegistrySide(options: RegistrySideOptions) {
  const { config, core, token, opened, log, now } = options;
  const { db } = opened;
  const { bus } = core;
  const { client, recentGrants, signer } = token;
  const isReadonly = config.registry.readonly;
  const notificationSecret = await chosenSecret(options);
  prepareOther(options, notificationSecret);
  const events = createEventStore(db, isVisibleName);
  const deletion = createDeletion({
    db,
    client,
    onChanged: (repository) => index.remote.refreshAfterDeletion(repository),
    keepMs: config.trash.keep * 1000,
    now,
    log,
  });
  const index = createIndexHost({
    ...{ config, opened, bus, now, log, writeLog: options.writeLog, storageFolder: storageFolder(options) },
    mint: async (scopes) => token.mint(scopes),
    reportTokenRefused: async () => signer?.reportRefused(),
    attribute: createEventAttribution(recentGrants, deletion),
    handlePush: deletion.handlePush,
    recordExternalDeletions: deletion.recordExternal,
    onInstance: () => signer?.retry(),
    isReachable: () => monitor.latest()?.reachable === true,
  });
  const intake = createIntake({
    ...{ db, now },
    storeLarge: index.remote.storeEnvelopes,
    onStored: (stored) => index.notify('handleStored', stored),
    onOdd: (odd) => index.notify('handleUnreadable', odd),
  });
  const jobs = createScheduler({ now, clock: monotonic, log, runs: createJobRuns(db) });
  jobs.add({ name: 'retention', schedule: '30 4 * * *', lane: 'trash', run: deletion.purgeTrash, isCaughtUp: true });

  let lastPushTokenAt: number | undefined;
  bus.subscribe('push-token-issued', ({ repository, at }) => {
    lastPushTokenAt = at;
    index.notify('lookAgain', repository);
  });
  const monitor = createMonitor({
    client,
    token: async () => signer?.mint([]),
    now,
    onRefused: () => background(signer?.reportRefused() ?? Promise.resolve()),
    onChange: ({ reachable, error }) => {
      if (reachable) log.info({ registry: client.address }, 'registry reachable');
      else log.warn({ registry: client.address, reason: error }, 'registry not reachable');
      if (reachable) signer?.retry();
      index.notify('setReachable', reachable);
      bus.publish({ kind: 'index-state-changed' });
    },
  });
  bus.subscribe('token-accepted', () => index.notify('handleTokensAccepted'));
  const notification = createNotificationEndpoint({
    intake,
    secret: () => notificationSecret,
    originOf: core.originOf,
    log,
    now,
  });
  const inner = await innerListener(config, notification);
  const managed =
    config.registry.url === null ? await prepareManaged(options, notificationSecret, inner?.url) : undefined;

  function background(work: Promise<unknown>): void {
    work.catch((error: unknown) => log.warn({ error }, 'background work failed'));
  }

  // A page that many open tells the indexer once.
  const justOpened = new LRUCache<string, true>({ max: MAX_JUST_OPENED, ttl: OPENED_AGAIN_MS });

  return {
    client,
    index,
    activity: createActivity({ db, now }),
    jobs: { ...jobs, states: () => [...jobs.states(), ...index.jobStates()] },
    deletion,
    notification,
    monitor,
    managed,
    isReadonly,
    notificationSecret,
    events,
    aside: createQuarantine(db, core.audit),
    lastPushTokenAt: () => lastPushTokenAt,
    opened: (repository: string): void => {
      if (justOpened.has(repository)) return;
      justOpened.set(repository, true);
      index.notify('repositoryOpened', repository);
    },
    async start(): Promise<void> {
      // Starting the thread takes a moment; calls made before wait.
      background(index.begin());
      await managed?.start();
      await monitor.start();
      await signer?.probe();
      // Throw-away manifests have to be known before events about them are processed.
      await deletion.resume().catch((error: unknown) => log.error({ error }, 'interrupted deletions not finished'));
      background(index.start());
      background(jobs.restore().then(jobs.start));
    },
    async stop(): Promise<void> {
      monitor.stop();
      deletion.stop();
      await jobs.stop();
      await intake.drain();
      await index.stop();
      await managed?.stop();
      await inner?.close();
    },
  };
}

/**
 * The secret of notifications. A registry that we configure always has one; elsewhere it is set by the operator, or
 * null.
 */
async function chosenSecret({ config, core }: RegistrySideOptions): Promise<string | null> {
  if (config.notifications.secret !== null || !isManagedRegistry(config)) return config.notifications.secret;
  return core.settings.getOrCreate('notification_secret', () => randomBytes(32).toString('base64url'));
}

/** Writes the configuration of a registry in another container, which waits for our health check before it reads it. */
function prepareOther({ config, token }: RegistrySideOptions, secret: string | null): void {
  const { folder } = config.registry.setup;
  if (folder === null || secret === null) return;
  prepareRegistryConfig({ folder, config, caPem: token.signer?.caPem(), secret });
}

async function prepareManaged(
  options: RegistrySideOptions,
  secret: string | null,
  innerUrl: string | undefined,
): Promise<ManagedRegistry> {
  const { config, configFolder, core, token, log } = options;
  const binary = await findRegistry({
    binary: config.registry.binary,
    dataPath: config.data.path,
    env: process.env,
    log,
  });
  const { auth, host, port } = config.registry;
  const ownUrl = innerUrl ?? `http://127.0.0.1:${config.server.port}${config.server.base_path}`;
  return createManagedRegistry({
    binary,
    templateFile: join(configFolder, 'registry.yml'),
    host,
    port,
    facts: {
      dataPath: config.data.path,
      auth: auth.enabled
        ? {
            realm: tokenRealm(config),
            service: auth.service,
            issuer: auth.issuer,
            rootCertBundle: writeBundle(config.data.path, token.signer?.caPem()),
          }
        : null,
      notifications: {
        url: `${ownUrl}/api/notification`,
        secret: secret ?? core.secret,
      },
    },
    env: process.env,
    log,
  });
}

/**
 * A managed registry cannot be made to trust the certificate of `server.tls`, which is not for 127.0.0.1 anyway. So its
 * notifications come over plain HTTP on a loopback port.
 */
async function innerListener(config: Config, notification: PlainHandler) {
  if (config.server.tls.cert === null || config.registry.url !== null) return undefined;
  const plain = new Map([['/api/notification', notification]]);
  const rest: RequestListener = (_request, response) => void response.writeHead(404).end();
  const server = createHttpServer(
    createDispatcher({ basePath: '', handlers: plain, fallback: rest, onError: () => undefined }),
    null,
  );
  const { port } = await listen(server, 0, '127.0.0.1');
  return { url: `http://127.0.0.1:${port}`, close: () => closeServer(server, INNER_DRAIN_MS) };
}

function writeBundle(dataPath: string, caPem: string | undefined): string {
  if (caPem === undefined) {
    throw new StartError([
      'A registry that we start needs the certificate of registry.auth.key: set registry.auth.cert.',
    ]);
  }
  const file = join(dataPath, 'registry-ca.pem');
  writeFileSync(file, caPem, { mode: 0o644 });
  return file;
}

/** Attributes events of our own requests to the user who caused them: the registry only knows our name. */
function createEventAttribution(
  recentGrants: RecentGrants,
  deletion: Pick<Deletion, 'isOwnDigest' | 'deletedBy' | 'restoredBy'>,
) {
  return async (events: readonly Asked[]): Promise<readonly EventAttribution[]> =>
    events.map((event) => ({
      isPermitted: isPermitted(recentGrants, event),
      isOwnDigest: event.digest !== null && deletion.isOwnDigest(event.digest),
      deletedBy: deletion.deletedBy(event),
      restoredBy: deletion.restoredBy(event),
    }));
}

function isPermitted(recentGrants: RecentGrants, { action, actor, repository }: Asked): boolean {
  return (action === 'push' || action === 'pull') && recentGrants.has(actor, repository, action);
}
