import { AppError, errorText } from '../../errors.ts';
import type { Ping, RegistryClient } from './client.ts';

export interface RegistryHealth {
  readonly reachable: boolean;
  /** One sentence that says why not; null while it is reachable. */
  readonly error: string | null;
  /** The same as a key of `locales/<language>/errors.json`. */
  readonly failure?: Failure | undefined;
  readonly ping: Ping | undefined;
  readonly checkedAt: number;
}

export interface Failure {
  readonly key: string;
  readonly params: AppError['params'];
}

export interface MonitorDeps {
  readonly client: Pick<RegistryClient, 'ping'>;
  /** The token for the regular request: without one, the registry logs a warning each time. */
  readonly token: () => Promise<string | undefined>;
  readonly now: () => number;
  /** Called when it is reachable but rejects the token. */
  readonly onRefused?: () => void;
  /** Called once per change between reachable and unreachable, not for each failure. */
  readonly onChange: (health: RegistryHealth) => void;
}

const EVERY_MS = 15_000;
const EVERY_WHILE_DOWN_MS = 3_000;

function failureOf(error: unknown): Failure | undefined {
  return error instanceof AppError && error.key !== undefined ? { key: error.key, params: error.params } : undefined;
}

/**
 * Pings the registry every 15 s (every 3 s while it is unreachable) and keeps the result, so that pages need no
 * request.
 */
export function createMonitor({ client, token, now, onChange, onRefused }: MonitorDeps) {
  let health: RegistryHealth | undefined;
  let lastAnswerAt: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function ask(given?: string): Promise<RegistryHealth> {
    const found = await client.ping(given === undefined ? {} : { token: given }).then(
      (ping) => ({ reachable: true, error: null, ping, checkedAt: now() }),
      (error: unknown) => ({
        ...{ reachable: false, error: errorText(error), failure: failureOf(error) },
        ...{ ping: undefined, checkedAt: now() },
      }),
    );
    const changed = health?.reachable !== found.reachable;
    health = found;
    if (found.reachable) lastAnswerAt = found.checkedAt;
    if (changed) onChange(found);
    if (given !== undefined && found.ping?.accepted === false) onRefused?.();
    return found;
  }

  /** Never rejects: without a token the registry still shows whether it is reachable. */
  async function loop(): Promise<void> {
    const given = await token().catch(() => undefined);
    const isReachable = await ask(given).then(
      (found) => found.reachable,
      () => false,
    );
    if (!stopped) timer = setTimeout(loop, isReachable ? EVERY_MS : EVERY_WHILE_DOWN_MS).unref();
  }

  return {
    start: loop,
    /** Pings now, without a token: the answer shows whether the registry requires one. */
    check: () => ask(),
    latest: (): RegistryHealth | undefined => health,
    /** Epoch milliseconds; null: not since the start. */
    lastAnswerAt: (): number | null => lastAnswerAt,
    stop(): void {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
export type Monitor = ReturnType<typeof createMonitor>;
