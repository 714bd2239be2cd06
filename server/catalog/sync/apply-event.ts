import { errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { isDigest, isRepositoryName, isTag } from '../../registry/documents/reference.ts';
import type { Database } from '../../storage/database.ts';
import { isOwnRequest, type Pulls } from '../activity/pulls.ts';
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
  /** The event is confirmed: its envelope carried the secret, or its user was issued a token for this. */
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
  /** The registry does not confirm the event yet. */
  readonly onUnconfirmed: (repository: string) => void;
  /** The event has been applied to the index. */
  readonly onConfirmed: (repository: string) => void;
  readonly onChanged: (repository: string) => void;
  /** Delays of the retries: older registries send the event before the manifest can be read. */
  readonly retryDelaysMs?: readonly number[];
}

const RETRY_DELAYS_MS: readonly number[] = [1000, 3000, 6000];

/**
 * Applies events to the index. An event is only a hint: the registry is asked whether it is true. Retries run in the
 * background.
 */
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

  /** @param late What to count once the registry confirms the event. */
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

  /** Never rejects: what cannot be counted is lost. */
  async function count(uses: readonly Use[]): Promise<void> {
    try {
      publishCounted(await db.transaction().execute((trx) => write(trx, uses)));
    } catch (error) {
      log.warn({ error: errorText(error) }, 'pulls and pushes not counted');
    }
  }

  const write = (trx: Database, uses: readonly Use[]): Promise<readonly Use[]> => countUses(trx, uses, now());

  function publishCounted(counted: readonly Use[]): void {
    for (const repository of new Set(counted.map((use) => use.repository))) deps.onChanged(repository);
  }

  /** @returns what the event counts, to be passed to `write` in the transaction that marks it as applied. */
  async function handleEvent(told: CatalogEvent): Promise<Use | undefined> {
    if (!isAboutContent(told)) return undefined;
    const event = { ...told, at: Math.min(told.at, now()) };
    if (event.action === 'pull') return readPull(deps, event);
    const isConfirmed = await attempt(event);
    const push = readPush(event);
    // Unverified events are not retried: a stranger could make us poll the registry.
    if (isConfirmed || !event.confirmed) return push;
    const isKnown = (await repositoryId(db, event.repository)) !== undefined;
    retryLater(event, 0, isKnown ? undefined : push);
    return isKnown ? push : undefined;
  }

  return {
    handleEvent: handleEvent,
    /** Counts, in the caller's transaction. @returns what was counted, for `publishCounted` after the commit. */
    write,
    publishCounted: publishCounted,
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

/** @returns false while the registry does not confirm it. */
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
  // What we pushed for an undo was pushed by somebody else before.
  const push = isOwnRequest(event) && actor === '' ? undefined : { at, by: actor, confirmed, digest: digest || null };
  const states = await refresh.checkTags(repository, [{ name: event.tag, push }]);
  const isThere = states.get(event.tag) === 'present';
  if (isThere) onConfirmed(repository);
  return isThere;
}

/** A deletion was undone: the tag gets its earlier push back. */
async function applyRestore({ refresh, onConfirmed }: ApplyDeps, event: CatalogEvent): Promise<boolean> {
  const { repository, tag, digest } = event;
  if (!tag) return digest ? refresh.checkManifest(repository, digest) : true;
  const states = await refresh.checkTags(repository, [{ name: tag }]);
  onConfirmed(repository);
  return areSettled(states);
}

/** The registry keeps no record of pulls and cannot confirm one, so only confirmed events count. */
async function readPull({ pulls }: ApplyDeps, event: CatalogEvent): Promise<Use | undefined> {
  const pull = event.confirmed ? await pulls.read(event) : undefined;
  return pull && { ...pull, kind: 'pull', actor: event.actor };
}

/** Counts pushes of tags only, not the parts of an image, which are pushed before it, nor attached artifacts. */
function readPush(event: CatalogEvent): Use | undefined {
  const { action, repository, tag, digest, at, actor, confirmed } = event;
  if (action !== 'push' || !confirmed || !tag || isOwnRequest(event) || subjectOfTag(tag) !== undefined)
    return undefined;
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
