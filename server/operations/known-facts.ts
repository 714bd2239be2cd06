/** What is known without asking anybody but our own database: cheap enough for every page and every call. */
import type { CrawlProgress } from '../catalog/sync/crawl.ts';
import type { LossHold } from '../catalog/sync/loss-guard.ts';
import type { Config } from '../config/config.ts';
import { isManagedRegistry, notificationUrl, registryHost } from '../config/public-url.ts';
import type { JobState } from '../jobs/scheduler.ts';
import type { Arrivals } from '../notifications/events.ts';
import type { RegistryClient } from '../registry/client/client.ts';
import type { Monitor } from '../registry/client/monitor.ts';
import type { StorageHealth } from '../storage/health.ts';
import type { IndexFacts, IndexState, NotificationFacts, RegistryFacts } from './facts.ts';

export interface KnownFactsDeps {
  readonly config: Config;
  readonly client: Pick<RegistryClient, 'address'>;
  readonly monitor: Pick<Monitor, 'latest' | 'lastAnswerAt'>;
  /** As a registry that we start tells it, with `v` or `+unknown` around; undefined: it is not ours to start. */
  readonly managedVersion: () => string | undefined;
  readonly index: {
    readonly crawlState: () => { readonly crawl: CrawlProgress | undefined; readonly isComplete: boolean };
    readonly hold: () => LossHold | undefined;
    /** undefined: events come. */
    readonly listedAt: () => number | null | undefined;
  };
  readonly events: { readonly arrivals: () => Promise<Arrivals> };
  /** localhost is then the container, not the machine. */
  readonly inContainer: boolean;
  readonly hasSecret: boolean;
  /** Notifications that were sent back for want of the secret. */
  readonly refusedNotifications: () => { readonly lastAt: number | undefined };
  readonly lastPushTokenAt: () => number | undefined;
  readonly storage: Pick<StorageHealth, 'facts'>;
  readonly jobs: { readonly states: () => readonly JobState[] };
}

export type KnownFacts = ReturnType<typeof createKnownFacts>;

export function createKnownFacts(deps: KnownFactsDeps) {
  const registry = () => registryFacts(deps);
  const index = () => indexFacts(deps);
  return {
    registry,
    index,
    indexState: (): IndexState => {
      const { reachable, lastAnswerAt } = registry();
      return { ...index(), reachable: reachable ?? true, lastAnswerAt };
    },
    notifications: () => notificationFacts(deps),
    storage: deps.storage.facts,
    jobs: deps.jobs.states,
  };
}

function registryFacts({ config, client, monitor, managedVersion }: KnownFactsDeps): RegistryFacts {
  const health = monitor.latest();
  return {
    mode: config.registry.url === null ? 'managed' : 'configured',
    address: client.address,
    publicName: registryHost(config),
    reachable: health?.reachable ?? null,
    lastAnswerAt: monitor.lastAnswerAt(),
    error: health?.error ?? null,
    failure: health?.failure,
    version: shortVersion(managedVersion()),
    isReadonly: config.registry.readonly,
  };
}

/** `v3.1.1` and `2.8.2+unknown` as people say them. */
function shortVersion(version = ''): string | null {
  return /\d+\.\d+\.\d+/.exec(version)?.[0] ?? null;
}

function indexFacts({ config, index }: KnownFactsDeps): IndexFacts {
  const listedAt = index.listedAt();
  return {
    ...index.crawlState(),
    hold: index.hold(),
    polled: listedAt === undefined ? undefined : { listedAt, isOurs: isManagedRegistry(config) },
  };
}

async function notificationFacts(deps: KnownFactsDeps): Promise<NotificationFacts> {
  const arrivals = await deps.events.arrivals();
  return {
    endpoint: notificationUrl(deps.config, deps.inContainer),
    hasSecret: deps.hasSecret,
    lastAt: arrivals.lastReceivedAt ?? null,
    lastVerifiedAt: arrivals.lastVerifiedAt ?? null,
    lastInstance: arrivals.lastInstanceId ?? null,
    lagMs: arrivals.lagMs ?? null,
    refusedAt: deps.refusedNotifications().lastAt ?? null,
    waiting: arrivals.waiting,
    quarantined: arrivals.quarantined,
    lastPushTokenAt: deps.lastPushTokenAt() ?? null,
  };
}
