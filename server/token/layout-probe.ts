import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Layout, SigningKey } from './keys.ts';

export type TokenHeader = 'auto' | 'x5c' | 'kid-rfc7638' | 'kid-libtrust';
export type Trial = 'accepted' | 'refused' | 'unreachable';

export interface LayoutProbeOptions {
  readonly signingKeys: () => readonly SigningKey[];
  readonly header: TokenHeader;
  /** A short-lived token without any access, signed in that layout. */
  readonly mintWith: (key: SigningKey) => Promise<string>;
  /** Sends it to `GET /v2/` of the registry. */
  readonly tryToken: ((token: string) => Promise<Trial>) | undefined;
  readonly now: () => number;
  readonly clock: Clock;
  readonly log: Logger;
  /** `token-accepted` is published when the registry accepts our tokens after it did not. */
  readonly bus: Pick<Bus, 'publish'>;
}

export interface LayoutStatus {
  readonly layout: Layout;
  /** `untried` until the registry was asked once. */
  readonly state: Trial | 'untried';
  readonly checkedAt: number | undefined;
  readonly tried: readonly { readonly layout: Layout; readonly result: Trial }[];
}

// A registry that starts together with us answers within seconds; one that refuses us needs its operator.
const RETRY_MS = [1000, 2000, 5000, 10_000, 30_000, 60_000];
const MIN_PAUSE_MS = 5000;
// Shortest token lifetime (60 s), leeway that registries add (60 s), and one second of rounding.
const MIN_VALIDITY_MS = 121_000;

/**
 * Finds the token layout that this registry verifies, by trying each. Retries with growing pauses until one is
 * accepted; `retry` asks again.
 */
export function createLayoutProbe(options: LayoutProbeOptions) {
  const { clock, log } = options;
  let status: LayoutStatus = { layout: firstLayout(options), state: 'untried', checkedAt: undefined, tried: [] };
  let running: Promise<LayoutStatus> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let lastTriedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  function probe(): Promise<LayoutStatus> {
    running ??= tryAll(options, status.layout)
      .then(applyResult)
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  function applyResult(found: LayoutStatus): LayoutStatus {
    if (found.state !== status.state || found.layout !== status.layout) {
      const level = found.state === 'accepted' ? 'info' : 'warn';
      log[level]({ layout: found.layout, state: found.state, tried: found.tried }, 'token layout probed');
    }
    const isAcceptedNow = found.state === 'accepted' && status.state !== 'accepted';
    status = found;
    lastTriedAt = clock();
    failures = found.state === 'accepted' ? 0 : failures + 1;
    clearTimeout(timer);
    if (isAcceptedNow) options.bus.publish({ kind: 'token-accepted' });
    if (found.state !== 'accepted' && !closed) schedule(RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] ?? 60_000);
    return status;
  }

  function schedule(delayMs: number): void {
    timer = setTimeout(() => void probe(), delayMs);
    timer.unref();
  }

  return {
    probe,
    /**
     * To be called when the registry may have changed: a new instance ID, a 401 to our own token. At most one probe in
     * 5 s.
     */
    retry(): void {
      const recent = clock() - lastTriedAt < MIN_PAUSE_MS;
      if (!recent && options.tryToken !== undefined && !closed) void probe();
    },
    status: (): LayoutStatus => status,
    close(): void {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/**
 * Until a layout was accepted: a valid certificate chain, which every registry that trusts the CA takes; without one
 * the key ID of registry 2.x.
 */
function firstLayout({ signingKeys, header, now }: LayoutProbeOptions): Layout {
  const all = candidates(signingKeys(), header);
  const good = all.filter((key) => isUsable(key, now()));
  const choices = good.length > 0 ? good : all;
  const first = choices.find((key) => key.x5c !== undefined) ?? choices.at(-1);
  return first?.layout ?? 'kid-libtrust';
}

function candidates(keys: readonly SigningKey[], header: TokenHeader): readonly SigningKey[] {
  if (header === 'auto') return keys;
  if (header !== 'x5c') return keys.filter((key) => key.layout === header);
  const carried = keys.filter((key) => key.x5c !== undefined);
  return carried.length > 0 ? carried : keys;
}

async function tryAll(options: LayoutProbeOptions, fallback: Layout): Promise<LayoutStatus> {
  const tried: { layout: Layout; result: Trial }[] = [];
  for (const key of candidates(options.signingKeys(), options.header)) {
    const result = await tryOne(key, options);
    tried.push({ layout: key.layout, result });
    if (result === 'accepted') return { layout: key.layout, state: 'accepted', checkedAt: options.now(), tried };
    if (result === 'unreachable') break;
  }
  const state = tried.some((trial) => trial.result === 'unreachable') ? 'unreachable' : 'refused';
  const known = options.signingKeys().find((key) => key.layout === fallback);
  const isKept = known !== undefined && isUsable(known, options.now());
  return { layout: isKept ? fallback : firstLayout(options), state, checkedAt: options.now(), tried };
}

/** Whether a token signed with this key would be valid long enough. @param at Epoch milliseconds. */
export function isUsable({ notAfter }: SigningKey, at: number): boolean {
  return notAfter === undefined || notAfter - at > MIN_VALIDITY_MS;
}

async function tryOne(key: SigningKey, { mintWith, tryToken }: LayoutProbeOptions): Promise<Trial> {
  if (tryToken === undefined) return 'unreachable';
  const token = await mintWith(key).catch(() => undefined);
  if (token === undefined) return 'refused';
  return tryToken(token).catch(() => 'unreachable');
}
