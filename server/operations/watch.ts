import type { Bus } from '../bus/bus.ts';
import type { Logger } from '../log.ts';
import type { Check } from './check.ts';
import { statusChecks } from './checks.ts';
import type { LoadStatusFacts, StatusFacts } from './facts.ts';

export interface StatusWatchDeps {
  readonly load: LoadStatusFacts;
  readonly log: Logger;
  /** Told what pages show of it; tells when the registry came or went, or a crawl ended. */
  readonly bus: Pick<Bus, 'publish' | 'subscribe'>;
  /** Runs `refresh`, unless everything is being stopped. */
  readonly run: () => Promise<void>;
  /** For tests. */
  readonly restMs?: number;
}

const REST_MS = 10_000;

const OPEN =
  'the registry answers without a token: everybody who reaches it may push and pull; /status has the lines that close it';

/** Runs the checks of /status in the background, so that failures appear in the log and on every page of admins. */
export function createStatusWatch({ load, log, bus, run, restMs = REST_MS }: StatusWatchDeps) {
  let failed: readonly Check[] = [];
  let isOpen = false;
  let lastCameBy: string | undefined;
  let planned: NodeJS.Timeout | undefined;

  // Results may have changed. Our own messages trigger this too, so there is a pause in between.
  bus.subscribe('index-state-changed', () => {
    if (planned !== undefined) return;
    planned = setTimeout(() => {
      planned = undefined;
      run().catch((error: unknown) => log.warn({ error }, 'status checks not run'));
    }, restMs).unref();
  });

  /** Logs each check that starts to fail, and each that passes again. */
  function logChanges(checks: readonly Check[]): void {
    const before = new Set(failed.map(({ id }) => id));
    const now = checks.filter(({ state }) => state === 'failed');
    for (const { id, key, params } of now)
      if (!before.has(id)) log.warn({ check: id, found: key, ...params }, 'status check failed, see /status');
    for (const { id } of failed) {
      const found = checks.find((check) => check.id === id);
      if (found?.state === 'ok') log.info({ check: id }, 'status check is good again');
    }
    failed = now;
  }

  function judge(facts: StatusFacts): void {
    const [countBefore, wasOpen] = [failed.length, isOpen];
    logChanges(statusChecks(facts));
    isOpen = facts.auth.enabled && facts.registry.demandsToken === false && !facts.registry.demandsPassword;
    if (isOpen && !wasOpen) log.warn({ registry: facts.registry.address }, OPEN);
    if (countBefore !== failed.length || wasOpen !== isOpen) bus.publish({ kind: 'index-state-changed' });
  }

  /** Loads the facts for a page and judges them, so that page, log and counts agree. */
  async function loadAndJudge(cameBy?: string): Promise<StatusFacts> {
    lastCameBy = cameBy ?? lastCameBy;
    const facts = await load(lastCameBy);
    judge(facts);
    return facts;
  }

  return {
    load: loadAndJudge,
    refresh: async (): Promise<void> => void (await loadAndJudge()),
    failedCount: (): number => failed.length,
    /** The registry requires neither token nor password, although tokens are issued for it. */
    isOpen: (): boolean => isOpen,
  };
}
export type StatusWatch = ReturnType<typeof createStatusWatch>;
