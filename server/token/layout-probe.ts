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
  /** Told when the registry takes our tokens after it did not. */
  readonly bus: Pick<Bus, 'tell'>;
}

export interface LayoutStatus {
  readonly layout: Layout;
  /** `untried` until the registry was asked once. */
  readonly state: Trial | 'untried';
  readonly checkedAt: number | undefined;
  readonly tried: readonly { readonly layout: Layout; readonly result: Trial }[];
}

// A registry that starts with us is there within seconds; one that refuses us needs its operator.
const RETRY_MS = [1000, 2000, 5000, 10_000, 30_000, 60_000];
const MIN_PAUSE_MS = 5000;
// The shortest token, the leeway that registries add, and the second that rounding takes.
const MIN_VALIDITY_MS = 121_000;

/** Finds the layout this registry verifies, by trying, and keeps it until `retry` says that something changed. */
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
      .then(settle)
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  function settle(found: LayoutStatus): LayoutStatus {
    if (found.state !== status.state || found.layout !== status.layout) {
      const level = found.state === 'accepted' ? 'info' : 'warn';
      log[level]({ layout: found.layout, state: found.state, tried: found.tried }, 'registry tried with our tokens');
    }
    const isAcceptedNow = found.state === 'accepted' && status.state !== 'accepted';
    status = found;
    lastTriedAt = clock();
    failures = found.state === 'accepted' ? 0 : failures + 1;
    clearTimeout(timer);
    if (isAcceptedNow) options.bus.tell({ kind: 'token-accepted' });
    if (found.state !== 'accepted' && !closed) schedule(RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] ?? 60_000);
    return status;
  }

  function schedule(delayMs: number): void {
    timer = setTimeout(() => void probe(), delayMs);
    timer.unref();
  }

  return {
    probe,
    /** Something hints that the registry changed: a new instance, a 401 to our own token. Cheap to call often. */
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

/** Until something worked: a good certificate where there is one (every registry that knows it takes that), else 2.x's own way. */
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

/** A certificate that goes along has to be good long enough for the shortest token. */
export function isUsable({ notAfter }: SigningKey, at: number): boolean {
  return notAfter === undefined || notAfter - at > MIN_VALIDITY_MS;
}

async function tryOne(key: SigningKey, { mintWith, tryToken }: LayoutProbeOptions): Promise<Trial> {
  if (tryToken === undefined) return 'unreachable';
  const token = await mintWith(key).catch(() => undefined);
  if (token === undefined) return 'refused';
  return tryToken(token).catch(() => 'unreachable');
}
