import { createChanges } from '../../server/catalog/visibility/changes.ts';
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { createLogger } from '../../server/log.ts';
import { createNewsDesk } from '../../server/news.ts';
import type { LiveDeps } from '../../server/web/live/live.ts';

/** For pages that follow what happens: everybody sees everything, and no session ends. */
export function liveDeps(overrides: Partial<LiveDeps> = {}): LiveDeps {
  return {
    ...{ changes: createChanges(), news: createNewsDesk(), log: createLogger('silent'), now: Date.now, gatherMs: 5 },
    reads: createChanges(),
    opened: () => undefined,
    visibility: { of: async () => EVERYTHING },
    rightsOf: async (subject) => ({ subject, isAdmin: true, isAuditor: true, rules: [] }),
    visibleNames: async (_, names) => names,
    accessVersion: async () => 1,
    isSessionAlive: async () => true,
    ...overrides,
  };
}
