import { EVERYTHING } from '../../../server/catalog/visibility/visibility.ts';
import { createLogger } from '../../../server/log.ts';
import type { LiveDeps } from '../../../server/web/live/live.ts';
import { createPlaceholders } from '../../../server/web/shell/placeholders.ts';
import { createSharedPages } from '../../../server/web/shell/shared-pages.ts';
import { quietBus } from './bus.ts';

/** For pages that follow what happens: everybody sees everything, and no session ends. */
export function liveDeps(overrides: Partial<LiveDeps> = {}): LiveDeps {
  return {
    ...{ bus: quietBus(), log: createLogger('silent'), now: Date.now, gatherMs: 5 },
    opened: () => undefined,
    visibility: { of: async () => EVERYTHING },
    rightsOf: async (subject) => ({ subject, isAdmin: true, isAuditor: true, rules: [] }),
    visibleNames: async (_, names) => names,
    accessVersion: async () => 1,
    isSessionAlive: async () => true,
    sharedPages: createSharedPages({ placeholders: createPlaceholders(), version: async () => '' }),
    ...overrides,
  };
}
