import type { Logger } from '../log.ts';
import type { Check } from './status-check.ts';
import { statusChecks } from './status-checks.ts';
import type { LoadStatusFacts, StatusFacts } from './status-facts.ts';

export interface StatusWatchDeps {
  readonly load: LoadStatusFacts;
  readonly log: Logger;
  /** What pages show of it changed. */
  readonly onChange: () => void;
}

const OPEN =
  'the registry answers without a token: everybody who reaches it may push and pull; /status has the lines that close it';

/** Runs the checks of /status without anybody looking, so that a failure is seen in the log and on every admin's page. */
export function createStatusWatch({ load, log, onChange }: StatusWatchDeps) {
  let failed: readonly Check[] = [];
  let isOpen = false;
  let lastCameBy: string | undefined;

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
    isOpen = facts.auth.enabled && facts.registry.demandsToken === false && facts.registry.demandsPassword !== true;
    if (isOpen && !wasOpen) log.warn({ registry: facts.registry.url }, OPEN);
    if (countBefore !== failed.length || wasOpen !== isOpen) onChange();
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
