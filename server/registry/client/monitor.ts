import { AppError, errorText } from '../../errors.ts';
import type { Ping, RegistryClient } from './client.ts';

export interface RegistryHealth {
  readonly reachable: boolean;
  /** One plain sentence why not. */
  readonly error: string | null;
  /** The same as a key of `errors`, for pages in other languages. */
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
  /** Sent with the regular question: a registry writes a warning into its log for each one without. */
  readonly token: () => Promise<string | undefined>;
  readonly now: () => number;
  /** It is there and does not take the token it was given. */
  readonly onRefused?: () => void;
  /** Told once per change, not once per failure: a flapping registry must not fill the log. */
  readonly onChange: (health: RegistryHealth) => void;
}

const EVERY_MS = 15_000;
const EVERY_WHILE_DOWN_MS = 3_000;

function failureOf(error: unknown): Failure | undefined {
  return error instanceof AppError && error.key !== undefined ? { key: error.key, params: error.params } : undefined;
}

/** Asks the registry now and then whether it is there, so that pages can say it without asking themselves. */
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

  /** Never fails: without a token of ours the registry still says whether it is there. */
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
    /** Without a token, as a stranger would: what it answers then tells whether it is protected. */
    check: () => ask(),
    latest: (): RegistryHealth | undefined => health,
    /** null: never since the start. */
    lastAnswerAt: (): number | null => lastAnswerAt,
    stop(): void {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
export type Monitor = ReturnType<typeof createMonitor>;
