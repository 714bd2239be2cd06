import { errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import { isDigest, isRepositoryName, isTag } from '../registry/reference.ts';
import type { Database } from '../storage/database.ts';
import type { Pulls } from './pulls.ts';
import type { Refresh } from './refresh.ts';
import { tagsOn } from './repository-notes.ts';

/** One event of the registry about a manifest, a tag or a repository. Missing texts are null or ''. */
export interface CatalogEvent {
  readonly action: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
  readonly actor: string;
  /** The event is known to be true: the envelope carried the secret, or we issued that subject a token for this. */
  readonly confirmed: boolean;
  /** Epoch milliseconds, by the registry's clock. */
  readonly at: number;
  readonly method: string;
  readonly userAgent: string;
  readonly address: string;
}

export interface ApplyDeps {
  readonly db: Database;
  readonly refresh: Refresh;
  readonly pulls: Pulls;
  readonly now: () => number;
  readonly log: Logger;
  /** What the event says cannot be confirmed yet. */
  readonly onUnconfirmed: (repository: string) => void;
  /** The event is in the index now. */
  readonly onConfirmed: (repository: string) => void;
  readonly onChanged: (repository: string) => void;
  /** Older registries send the event before the manifest can be read. */
  readonly retryDelaysMs?: readonly number[];
}

const RETRY_DELAYS_MS: readonly number[] = [1000, 3000, 6000];

/** Takes an event as a hint: the registry is asked whether it is so. Never fails, never waits for a retry. */
export function createApplyEvent(deps: ApplyDeps) {
  const { now, log, retryDelaysMs = RETRY_DELAYS_MS } = deps;
  const timers = new Set<NodeJS.Timeout>();

  async function attempt(event: CatalogEvent): Promise<boolean> {
    try {
      return await applyOnce(deps, event);
    } catch (error) {
      log.warn({ repository: event.repository, action: event.action, error: errorText(error) }, 'event not confirmed');
      return false;
    }
  }

  function retryLater(event: CatalogEvent, tries: number): void {
    const delay = retryDelaysMs[tries];
    if (delay === undefined) {
      deps.onUnconfirmed(event.repository);
      return;
    }
    const timer = setTimeout(async () => {
      timers.delete(timer);
      if (!(await attempt(event))) retryLater(event, tries + 1);
    }, delay).unref();
    timers.add(timer);
  }

  return {
    async applyEvent(event: CatalogEvent): Promise<void> {
      if (!isAboutContent(event)) return;
      const isSo = await attempt({ ...event, at: Math.min(event.at, now()) });
      // What nobody vouches for gets no second look: anybody could make us ask for ever.
      if (!isSo && event.confirmed) retryLater(event, 0);
    },
    close(): void {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

function isAboutContent({ repository, tag, digest }: CatalogEvent): boolean {
  const isKnownForm = (!tag || isTag(tag)) && (!digest || isDigest(digest));
  return isRepositoryName(repository) && isKnownForm;
}

/** @returns false when the registry does not confirm it (yet). */
async function applyOnce(deps: ApplyDeps, event: CatalogEvent): Promise<boolean> {
  switch (event.action) {
    case 'push':
      return applyPush(deps, event);
    case 'pull':
      return applyPull(deps, event);
    case 'delete':
      return applyDelete(deps, event);
    default:
      return true;
  }
}

async function applyPush({ refresh, onConfirmed }: ApplyDeps, event: CatalogEvent): Promise<boolean> {
  const { repository, digest, at, actor, confirmed } = event;
  if (!event.tag) return digest ? refresh.checkManifest(repository, digest) : true;
  const push = { at, by: actor, confirmed, digest: digest || null };
  const states = await refresh.checkTags(repository, [{ name: event.tag, push }]);
  const isThere = states.get(event.tag) === 'present';
  if (isThere) onConfirmed(repository);
  return isThere;
}

/** The registry keeps no record of pulls, so it confirms none: only events that are known to be true count. */
async function applyPull({ pulls, onChanged }: ApplyDeps, event: CatalogEvent): Promise<boolean> {
  if (event.confirmed && (await pulls.count(event))) onChanged(event.repository);
  return true;
}

async function applyDelete({ db, refresh }: ApplyDeps, event: CatalogEvent): Promise<boolean> {
  const { repository, tag, digest } = event;
  if (tag) return areSettled(await refresh.checkTags(repository, [{ name: tag, isDeletionReported: true }]));
  if (!digest) return areSettled(await refresh.refreshRepository(repository));
  const names = await tagsOn(db, repository, digest);
  const states = await refresh.checkTags(
    repository,
    names.map((name) => ({ name, isDeletionReported: true })),
  );
  await refresh.dropManifestIfGone(repository, digest);
  return areSettled(states);
}

function areSettled(states: ReadonlyMap<string, unknown>): boolean {
  return ![...states.values()].includes('unknown');
}
