import { errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { isDigest, isRepositoryName, isTag } from '../../registry/documents/reference.ts';
import type { Database } from '../../storage/database.ts';
import { isOwn, type Pulls } from '../activity/pulls.ts';
import { countUses, type Use } from '../activity/writes.ts';
import { repositoryId } from '../base/repository-lookup.ts';
import { tagsOn } from '../base/tag-lookup.ts';
import { subjectOfTag } from '../manifests/referrers.ts';
import type { Refresh } from './refresh.ts';

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

/** Takes an event as a hint: the registry is asked whether it is so. Never waits for a retry. */
export function createApplyEvent(deps: ApplyDeps) {
  const { db, now, log, retryDelaysMs = RETRY_DELAYS_MS } = deps;
  const timers = new Set<NodeJS.Timeout>();

  async function attempt(event: CatalogEvent): Promise<boolean> {
    try {
      return await applyOnce(deps, event);
    } catch (error) {
      log.warn({ repository: event.repository, action: event.action, error: errorText(error) }, 'event not confirmed');
      return false;
    }
  }

  /** @param late Counted when the registry confirms it. */
  function retryLater(event: CatalogEvent, tries: number, late: Use | undefined): void {
    const delay = retryDelaysMs[tries];
    if (delay === undefined) {
      deps.onUnconfirmed(event.repository);
      return;
    }
    const timer = setTimeout(async () => {
      timers.delete(timer);
      if (!(await attempt(event))) retryLater(event, tries + 1, late);
      else if (late !== undefined) await count([late]);
    }, delay).unref();
    timers.add(timer);
  }

  /** Never fails: what could not be counted is lost. */
  async function count(uses: readonly Use[]): Promise<void> {
    try {
      tell(await db.transaction().execute((trx) => write(trx, uses)));
    } catch (error) {
      log.warn({ error: errorText(error) }, 'pulls and pushes not counted');
    }
  }

  const write = (trx: Database, uses: readonly Use[]): Promise<readonly Use[]> => countUses(trx, uses, now());

  function tell(counted: readonly Use[]): void {
    for (const repository of new Set(counted.map((use) => use.repository))) deps.onChanged(repository);
  }

  /** @returns what is to be counted of it: with `write`, in the transaction that marks the event as applied. */
  async function takeEvent(told: CatalogEvent): Promise<Use | undefined> {
    if (!isAboutContent(told)) return undefined;
    const event = { ...told, at: Math.min(told.at, now()) };
    if (event.action === 'pull') return readPull(deps, event);
    const isSo = await attempt(event);
    const push = readPush(event);
    // What nobody vouches for gets no second look: anybody could make us ask for ever.
    if (isSo || !event.confirmed) return push;
    const isKnown = (await repositoryId(db, event.repository)) !== undefined;
    retryLater(event, 0, isKnown ? undefined : push);
    return isKnown ? push : undefined;
  }

  return {
    takeEvent,
    /** For a transaction. @returns what was counted, for `tell` when the transaction has ended. */
    write,
    tell,
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
    case 'restore':
      return applyRestore(deps, event);
    case 'delete':
      return applyDelete(deps, event);
    default:
      return true;
  }
}

async function applyPush({ refresh, onConfirmed }: ApplyDeps, event: CatalogEvent): Promise<boolean> {
  const { repository, digest, at, actor, confirmed } = event;
  if (!event.tag) return digest ? refresh.checkManifest(repository, digest) : true;
  // What we put back ourselves was pushed by somebody else before.
  const push = isOwn(event) && actor === '' ? undefined : { at, by: actor, confirmed, digest: digest || null };
  const states = await refresh.checkTags(repository, [{ name: event.tag, push }]);
  const isThere = states.get(event.tag) === 'present';
  if (isThere) onConfirmed(repository);
  return isThere;
}

/** A deletion was undone: the tag comes back with the push it had. */
async function applyRestore({ refresh, onConfirmed }: ApplyDeps, event: CatalogEvent): Promise<boolean> {
  const { repository, tag, digest } = event;
  if (!tag) return digest ? refresh.checkManifest(repository, digest) : true;
  const states = await refresh.checkTags(repository, [{ name: tag }]);
  onConfirmed(repository);
  return areSettled(states);
}

/** The registry keeps no record of pulls, so it confirms none: only events that are known to be true count. */
async function readPull({ pulls }: ApplyDeps, event: CatalogEvent): Promise<Use | undefined> {
  const pull = event.confirmed ? await pulls.read(event) : undefined;
  return pull && { ...pull, kind: 'pull', actor: event.actor };
}

/** A tag that somebody set: neither the parts of an image, which come before it, nor what is attached to one. */
function readPush(event: CatalogEvent): Use | undefined {
  const { action, repository, tag, digest, at, actor, confirmed } = event;
  if (action !== 'push' || !confirmed || !tag || isOwn(event) || subjectOfTag(tag) !== undefined) return undefined;
  return { kind: 'push', repository, tag, digest, at, actor };
}

async function applyDelete({ db, refresh }: ApplyDeps, event: CatalogEvent): Promise<boolean> {
  const { repository, tag, digest, confirmed } = event;
  const reported = { isDeletionReported: true, isDeletionConfirmed: confirmed };
  if (tag) return areSettled(await refresh.checkTags(repository, [{ name: tag, ...reported }]));
  if (!digest) return areSettled(await refresh.refreshRepository(repository));
  const names = await tagsOn(db, repository, digest);
  const states = await refresh.checkTags(
    repository,
    names.map((name) => ({ name, ...reported })),
  );
  await refresh.dropManifestIfGone(repository, digest, confirmed);
  return areSettled(states);
}

function areSettled(states: ReadonlyMap<string, unknown>): boolean {
  return ![...states.values()].includes('unknown');
}
