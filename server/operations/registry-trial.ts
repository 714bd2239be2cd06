/** Asks the registry what only trying tells: whom it lets in, which tokens it takes, whether it deletes. */
import { type Clock, monotonic } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { RegistryClient } from '../registry/client/client.ts';
import type { Monitor, RegistryHealth } from '../registry/client/monitor.ts';
import { probeRealm } from '../registry/client/realm-probe.ts';
import type { Signer } from '../token/signer.ts';
import { withTimeout } from '../with-timeout.ts';
import type { TokenTrial } from './facts.ts';

export interface RegistryTrialDeps {
  readonly client: Pick<RegistryClient, 'address' | 'deleteManifest' | 'ping'>;
  readonly monitor: Pick<Monitor, 'check'>;
  /** undefined: `auth.enabled` is false. */
  readonly signer: Pick<Signer, 'mint' | 'probe' | 'status'> | undefined;
  /** localhost is then the container, not the machine. */
  readonly inContainer: boolean;
  readonly now: () => number;
  readonly clock?: Clock;
}

const CHECK_WITHIN_MS = 1000;
/** A page of checks that asks for itself every few seconds sees each change; ten people who look cost what one does. */
const SHARED_MS = 2000;
// A repository and a digest that nobody has: a registry that may delete says "unknown", one that may not says 405.
const PROBE_REPOSITORY = 'registry-web-probe';
const PROBE_DIGEST = `sha256:${'0'.repeat(64)}`;

export type Trial = Awaited<ReturnType<typeof tryRegistry>>;

/** Who asks while a trial runs, or within two seconds of its end, gets what it found. */
export function createRegistryTrial(deps: RegistryTrialDeps): () => Promise<Trial> {
  return createShared(() => tryRegistry(deps), deps.clock ?? monotonic);
}

function createShared<T>(work: () => Promise<T>, clock: Clock): () => Promise<T> {
  let current: { readonly result: Promise<T>; until: number } | undefined;
  return () => {
    if (current !== undefined && clock() <= current.until) return current.result;
    const begun = { result: work(), until: Number.POSITIVE_INFINITY };
    const keepFor = (ms: number) => {
      begun.until = clock() + ms;
    };
    begun.result.then(
      () => keepFor(SHARED_MS),
      () => keepFor(-1),
    );
    current = begun;
    return begun.result;
  };
}

async function tryRegistry(deps: RegistryTrialDeps) {
  const { ping, reachable, error, failure } = await checkSoon(deps);
  const challenge = ping?.challenge;
  const realm = challenge?.scheme === 'bearer' ? (challenge.realm ?? null) : null;
  const [deletionEnabled, foundRealm, token] = await Promise.all([
    reachable ? canDelete(deps.client) : null,
    realm === null ? undefined : probeRealm(realm, deps.inContainer),
    ping?.demandsToken ? tryToken(deps, ping.line ?? null) : UNTRIED,
  ]);
  return {
    registry: {
      ...{ reachable, error, failure, deletionEnabled },
      line: ping?.line ?? null,
      demandsToken: ping?.demandsToken ?? null,
      demandsPassword: challenge?.scheme === 'basic',
      challenge: realm === null ? null : { scheme: 'bearer', realm, service: challenge?.service ?? '' },
      clockDifferenceMs: ping?.clockDifferenceMs ?? null,
    },
    token: {
      ...token,
      realmReachable: realm === null ? null : foundRealm === undefined,
      realmError: foundRealm?.error ?? null,
      realmFailure: foundRealm?.failure ?? null,
    },
  };
}

/** The page opens at once even if the registry hangs; a late answer still reaches the monitor. */
async function checkSoon({ monitor, client, now }: RegistryTrialDeps): Promise<RegistryHealth> {
  const seconds = CHECK_WITHIN_MS / 1000;
  const late: RegistryHealth = {
    reachable: false,
    error: `${client.address} did not answer within ${seconds} s`,
    failure: { key: 'registrySlow', params: { address: client.address, seconds } },
    ping: undefined,
    checkedAt: now(),
  };
  return (await withTimeout(monitor.check(), CHECK_WITHIN_MS)) ?? late;
}

async function canDelete(client: RegistryTrialDeps['client']): Promise<boolean | null> {
  try {
    return (await client.deleteManifest(PROBE_REPOSITORY, PROBE_DIGEST)) === 'missing';
  } catch (error) {
    return error instanceof AppError && error.key === 'registryDeletionOff' ? false : null;
  }
}

type Acceptance = Pick<TokenTrial, 'accepted' | 'refusal'>;
const UNTRIED: Acceptance = { accepted: null, refusal: null };

/** Once with what worked last, then in every other form: the registry may have been given another certificate meanwhile. */
async function tryToken({ signer, client }: RegistryTrialDeps, line: 2 | 3 | null): Promise<Acceptance> {
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
async function whyRefused(client: RegistryTrialDeps['client'], token: string): Promise<'key' | 'claims'> {
  const at = token.lastIndexOf('.') + 10;
  const spoilt = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
  const { challenge } = await client.ping({ token: spoilt });
  return challenge?.error === undefined ? 'claims' : 'key';
}
