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

/** Runs the checks of /status without anybody looking, so that a failure is seen in the log and on every admin's page. */
export function createStatusWatch({ load, log, bus, run, restMs = REST_MS }: StatusWatchDeps) {
  let failed: readonly Check[] = [];
  let isOpen = false;
  let lastCameBy: string | undefined;
  let planned: NodeJS.Timeout | undefined;

  // What failed may be good by now, and the reverse. Our own messages are among these, so there is a rest in between.
  bus.subscribe('index-state-changed', () => {
    if (planned !== undefined) return;
    planned = setTimeout(() => {
      planned = undefined;
      run().catch((error: unknown) => log.warn({ error }, 'status checks not run'));
    }, restMs).unref();
  });

  /** One line for each check that begins to fail, and for each that is good again. */
  function tell(checks: readonly Check[]): void {
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

  function note(facts: StatusFacts): void {
    const [countBefore, wasOpen] = [failed.length, isOpen];
    tell(statusChecks(facts));
    isOpen = facts.auth.enabled && facts.registry.demandsToken === false && !facts.registry.demandsPassword;
    if (isOpen && !wasOpen) log.warn({ registry: facts.registry.address }, OPEN);
    if (countBefore !== failed.length || wasOpen !== isOpen) bus.publish({ kind: 'index-state-changed' });
  }

  /** The same facts for a page, so that what it shows and what others are told agree. */
  async function loadAndNote(cameBy?: string): Promise<StatusFacts> {
    lastCameBy = cameBy ?? lastCameBy;
    const facts = await load(lastCameBy);
    note(facts);
    return facts;
  }

  return {
    load: loadAndNote,
    refresh: async (): Promise<void> => void (await loadAndNote()),
    failedCount: (): number => failed.length,
    /** The registry lets everybody in, although we issue tokens for it. */
    isOpen: (): boolean => isOpen,
  };
}
export type StatusWatch = ReturnType<typeof createStatusWatch>;
