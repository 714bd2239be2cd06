/** Collects what /status shows, from every part that knows something. Judging it is `web/status-checks.ts`. */
import type { CrawlProgress } from './catalog/sync/crawl.ts';
import { type Clock, monotonic } from './clock.ts';
import type { Config } from './config/config.ts';
import { publicBaseUrl, registryHost, tokenRealm } from './config/public-url.ts';
import { AppError } from './errors.ts';
import type { JobState } from './jobs/scheduler.ts';
import type { Arrivals } from './notifications/events.ts';
import type { RegistryClient } from './registry/client/client.ts';
import type { Monitor, RegistryHealth } from './registry/client/monitor.ts';
import { tryRealm } from './registry/client/realm-trial.ts';
import { type Database, synchronousMode } from './storage/database.ts';
import { isPostgres } from './storage/engine.ts';
import type { StorageHealth } from './storage/health.ts';
import type { Layout, Signer } from './token/signer.ts';
import type { LoadStatusFacts, StatusFacts } from './web/operations/status-facts.ts';
import { within } from './within.ts';

export interface StatusDeps {
  readonly config: Config;
  /** localhost is then the container, not the machine. */
  readonly inContainer: boolean;
  readonly notificationUrl: string;
  readonly hasSecret: boolean;
  readonly readonly: boolean;
  readonly client: Pick<RegistryClient, 'address' | 'deleteManifest' | 'ping'>;
  readonly monitor: Pick<Monitor, 'check'>;
  readonly version: () => Promise<string | null>;
  readonly arrivals: () => Promise<Arrivals>;
  readonly lastPushTokenAt: () => number | undefined;
  readonly crawl: () => Promise<CrawlProgress | undefined>;
  readonly hold: () => StatusFacts['hold'];
  readonly jobs: () => readonly JobState[];
  /** undefined: `auth.enabled` is false. */
  readonly signer: Pick<Signer, 'mint' | 'probe' | 'status'> | undefined;
  /** Notifications that were sent back for want of the secret. */
  readonly refusedNotifications: () => { readonly lastAt: number | undefined };
  readonly hasCertificate: boolean;
  readonly certificateFile: string | null;
  readonly keyFile: string | null;
  readonly db: Database;
  readonly storage: Pick<StorageHealth, 'facts'>;
  readonly now: () => number;
  readonly clock?: Clock;
}

const SYNCHRONOUS = ['OFF', 'NORMAL', 'FULL', 'EXTRA'];
const CHECK_WITHIN_MS = 1000;
/** A page of checks that asks for itself every few seconds sees each change; ten people who look cost what one does. */
const SHARED_MS = 2000;
// A repository and a digest that nobody has: a registry that may delete says "unknown", one that may not says 405.
const NOBODYS_REPOSITORY = 'registry-web-probe';
const NOBODYS_DIGEST = `sha256:${'0'.repeat(64)}`;

export function createStatusFacts(deps: StatusDeps): LoadStatusFacts {
  const trial = createShared(() => tryRegistry(deps), deps.clock ?? monotonic);
  return async (cameBy) => ({
    now: deps.now(),
    mode: deps.config.registry.url === null ? 'managed' : 'configured',
    ...registryAndAuth(deps, await trial(), cameBy),
    notifications: await notificationFacts(deps),
    database: await databaseFacts(deps),
    crawl: crawlFacts(await deps.crawl()),
    hold: deps.hold(),
    jobs: deps.jobs(),
  });
}

async function databaseFacts({ db, storage }: StatusDeps): Promise<StatusFacts['database']> {
  if (isPostgres(db)) return { engine: 'postgres', synchronous: null, storage: storage.facts() };
  const synchronous = SYNCHRONOUS[await synchronousMode(db)] ?? null;
  return { engine: 'sqlite', synchronous, storage: storage.facts() };
}

/** Who asks while it runs, or soon after it ended, gets what it found. */
function createShared<T>(work: () => Promise<T>, clock: Clock): () => Promise<T> {
  let current: { readonly result: Promise<T>; until: number } | undefined;
  return () => {
    if (current !== undefined && clock() <= current.until) return current.result;
    const begun = { result: work(), until: Number.POSITIVE_INFINITY };
    const isOver = (ms: number) => {
      begun.until = clock() + ms;
    };
    begun.result.then(
      () => isOver(SHARED_MS),
      () => isOver(-1),
    );
    current = begun;
    return begun.result;
  };
}

type Tried = Awaited<ReturnType<typeof tryRegistry>>;

/** Everything that the registry is asked for. */
async function tryRegistry(deps: StatusDeps) {
  const health = await checkSoon(deps);
  const challenge = health.ping?.challenge;
  const realm = challenge?.scheme === 'bearer' ? (challenge.realm ?? null) : null;
  const line = health.ping?.line ?? null;
  const [deletionEnabled, realmTrial, version, trial] = await Promise.all([
    health.reachable ? canDelete(deps.client) : null,
    realm === null ? undefined : tryRealm(realm, deps.inContainer),
    deps.version(),
    health.ping?.demandsToken ? tryToken(deps, line) : UNTRIED,
  ]);
  return { health, challenge, realm, line, deletionEnabled, realmTrial, version, trial };
}

function registryAndAuth(deps: StatusDeps, tried: Tried, cameBy?: string): Pick<StatusFacts, 'registry' | 'auth'> {
  const { health, challenge, realm, line, deletionEnabled, realmTrial, version, trial } = tried;
  const registry: StatusFacts['registry'] = {
    url: deps.client.address,
    publicName: registryHost(deps.config),
    reachable: health.reachable,
    error: health.error,
    failure: health.failure,
    version,
    line,
    demandsToken: health.ping?.demandsToken ?? null,
    demandsPassword: health.ping?.challenge?.scheme === 'basic',
    challenge: realm === null ? null : { scheme: 'bearer', realm, service: challenge?.service ?? '' },
    clockDifferenceMs: health.ping?.clockDifferenceMs ?? null,
    trustsAnyCertificate: deps.config.registry.trust_any_ssl && deps.client.address.startsWith('https:'),
    deletionEnabled,
  };
  return {
    registry,
    auth: {
      ...authFacts(deps, cameBy),
      ...trial,
      realmReachable: realm === null ? null : realmTrial === undefined,
      realmError: realmTrial?.error ?? null,
      realmFailure: realmTrial?.failure ?? null,
    },
  };
}

/** The page opens at once even if the registry hangs; a late answer still reaches the monitor. */
async function checkSoon({ monitor, client, now }: StatusDeps): Promise<RegistryHealth> {
  const seconds = CHECK_WITHIN_MS / 1000;
  const late: RegistryHealth = {
    reachable: false,
    error: `${client.address} did not answer within ${seconds} s`,
    failure: { key: 'registrySlow', params: { address: client.address, seconds } },
    ping: undefined,
    checkedAt: now(),
  };
  return (await within(monitor.check(), CHECK_WITHIN_MS)) ?? late;
}

type TokenTrial = Pick<StatusFacts['auth'], 'accepted' | 'refusal'>;
const UNTRIED: TokenTrial = { accepted: null, refusal: null };

/** Once with what worked last, then in every other form: the registry may have been given another certificate meanwhile. */
async function tryToken({ signer, client }: StatusDeps, line: 2 | 3 | null): Promise<TokenTrial> {
  if (signer === undefined) return UNTRIED;
  try {
    const token = await signer.mint([]);
    if ((await client.ping({ token })).accepted) {
      if (signer.status().state !== 'accepted') await signer.probe();
      return { accepted: true, refusal: null };
    }
    const { state, layout } = await signer.probe();
    if (state === 'accepted') return { accepted: true, refusal: null };
    const refusal = line === 3 ? await whyRefused(client, token) : null;
    // A key that is only named may be unknown under that name alone: 3.0.0 derives wrong names for EC keys.
    return { accepted: false, refusal: refusal === 'key' && layout.startsWith('kid') ? null : refusal };
  } catch {
    return UNTRIED;
  }
}

/**
 * 3.x looks at the key first, then at the signature, then at the claims, and names no error for a bad signature alone:
 * where that happens to a spoilt token, the key is trusted and something else was wrong.
 */
async function whyRefused(client: StatusDeps['client'], token: string): Promise<'key' | 'claims'> {
  const at = token.lastIndexOf('.') + 10;
  const spoilt = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
  const { challenge } = await client.ping({ token: spoilt });
  return challenge?.error === undefined ? 'claims' : 'key';
}

function authFacts(
  deps: StatusDeps,
  cameBy: string | undefined,
): Omit<StatusFacts['auth'], 'realmReachable' | 'realmError' | 'accepted'> {
  const { auth } = deps.config.registry;
  const signer = deps.signer?.status();
  return {
    enabled: auth.enabled,
    service: auth.service,
    issuer: auth.issuer,
    realm: tokenRealm(deps.config, cameBy),
    cameBy: cameBy ?? null,
    publicUrl: deps.config.server.public_url === null ? null : publicBaseUrl(deps.config),
    readonly: deps.readonly,
    headerMode: signer === undefined ? null : headerMode(signer.layout),
    certificateExpiresAt: signer?.certificateNotAfter ?? null,
    hasCertificate: deps.hasCertificate,
    certificateFile: deps.certificateFile,
    keyFile: deps.keyFile,
  };
}

function headerMode(layout: Layout): StatusFacts['auth']['headerMode'] {
  return layout === 'kid-libtrust' || layout === 'kid-rfc7638' ? layout : 'x5c';
}

async function notificationFacts(deps: StatusDeps): Promise<StatusFacts['notifications']> {
  const arrivals = await deps.arrivals();
  const lastAt = arrivals.lastReceivedAt ?? null;
  return {
    endpoint: deps.notificationUrl,
    lastAt,
    lastVerified: lastAt === null ? null : arrivals.lastVerifiedAt === lastAt,
    lastInstance: arrivals.lastInstanceId ?? null,
    refusedAt: deps.refusedNotifications().lastAt ?? null,
    hasSecret: deps.hasSecret,
    quarantined: arrivals.quarantined,
    lastPushTokenAt: deps.lastPushTokenAt() ?? null,
  };
}

function crawlFacts(progress: CrawlProgress | undefined): StatusFacts['crawl'] {
  const { startedAt = null, reason = '', tagsDone: tags = 0, elapsedMs = 0, failure = null } = progress ?? {};
  const { source = 'registry', sourceProblem = null } = progress ?? {};
  const { remainingMs = null, repositoriesPerSecond = null, tagsPerSecond = null, concurrency = null } = progress ?? {};
  return {
    ...{ startedAt, reason, tags, elapsedMs, failure, remainingMs, repositoriesPerSecond, tagsPerSecond, concurrency },
    ...{ source, sourceProblem },
    running: progress?.isRunning ?? false,
    done: progress?.repositoriesDone ?? 0,
    total: progress?.repositoriesTotal ?? null,
    finishedAt: progress?.finishedAt ?? null,
    failures: progress?.failures ?? 0,
    error: progress?.error ?? null,
  };
}

async function canDelete(client: StatusDeps['client']): Promise<boolean | null> {
  try {
    return (await client.deleteManifest(NOBODYS_REPOSITORY, NOBODYS_DIGEST)) === 'missing';
  } catch (error) {
    return error instanceof AppError && error.key === 'registryDeletionOff' ? false : null;
  }
}
