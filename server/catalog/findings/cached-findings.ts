import { LRUCache } from 'lru-cache';
import { AppError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { withTimeout } from '../../with-timeout.ts';
import type { Visibility } from '../visibility/visibility.ts';
import type { Findings } from './findings.ts';

export interface CachedFindingsDeps {
  readonly ask: (visibility: Visibility) => Promise<Findings>;
  readonly log: Logger;
  /** How long a page waits. */
  readonly maxWaitMs?: number;
}

export interface FindingsStore {
  /** @returns what was found last where newer takes longer than a page may; undefined: nothing yet. */
  readonly of: (visibility: Visibility) => Promise<Findings | undefined>;
}

const MAX_WAIT_MS = 40;
const MAX_VIEWERS = 500;

/** For pages, which wait a moment only; one question for all who ask at once. */
export function createCachedFindings({ ask, log, maxWaitMs = MAX_WAIT_MS }: CachedFindingsDeps): FindingsStore {
  const known = new LRUCache<number, Findings>({ max: MAX_VIEWERS });
  const underway = new Map<number, Promise<Findings | undefined>>();

  async function askAnew(visibility: Visibility): Promise<Findings | undefined> {
    try {
      const found = await ask(visibility);
      known.set(visibility.id, found);
      return found;
    } catch (error) {
      if (!isEnding(error)) log.warn({ error }, 'repositories not looked through');
      return undefined;
    } finally {
      underway.delete(visibility.id);
    }
  }

  return {
    async of(visibility) {
      const asked = underway.get(visibility.id) ?? askAnew(visibility);
      underway.set(visibility.id, asked);
      return (await withTimeout(asked, maxWaitMs)) ?? known.get(visibility.id);
    },
  };
}

/** What closing interrupts has not failed. */
function isEnding(error: unknown): boolean {
  return (error as Error).name === 'AbortError' || (error instanceof AppError && error.key === 'indexRestarting');
}
