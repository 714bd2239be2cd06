/** What a look at the registry means for the index: one transaction per batch of tags. */

import type { Database } from '../../storage/database.ts';
import { lockRepository } from '../base/repository-writes.ts';
import type { ManifestRecord } from '../manifests/record.ts';
import { changeRepository } from './repository-change.ts';
import { type DroppedTag, ensureRepository, markMissing, type Push, recordPush, type SeenTag } from './tag-writes.ts';

/** Why we look at a tag: what a missing one means, and what may be said of who pushed it. */
export interface TagCheck {
  readonly name: string;
  /** A push that somebody reported: of this digest. */
  readonly push?: (Push & { readonly digest: string | null }) | undefined;
  /** Somebody reported its deletion, so one 404 is enough. */
  readonly isDeletionReported?: boolean | undefined;
  /** The deletion is known to be true, so it is no sign of a registry that lost its volume. */
  readonly isDeletionConfirmed?: boolean | undefined;
  /** A complete list lacks it: a second 404, minutes after the first, takes it away. */
  readonly isUnlisted?: boolean | undefined;
}

/**
 * `unreadable`: it is there, but its manifest could not be read. `unknown`: no clear answer, so nothing changed. `held`: it
 * is missing, as is most of what is known, so nothing changed.
 */
export type TagState = 'present' | 'unreadable' | 'gone' | 'missing' | 'held' | 'unknown';

/** What the registry said of one tag. */
export interface Look {
  readonly check: TagCheck;
  readonly state: 'present' | 'unreadable' | 'absent';
  readonly digest: string;
  readonly records: readonly ManifestRecord[];
  /** Manifests that it has in this repository, known or among `records`. */
  readonly proven: readonly string[];
}

export interface Written {
  readonly states: ReadonlyMap<string, TagState>;
  readonly dropped: readonly DroppedTag[];
  readonly isChanged: boolean;
}

export interface DropRules {
  /** Whether a tag that no list has was missed long enough. */
  readonly isPatienceOver: (tag: string) => boolean;
  /** Most of what is known is missing: see `loss-guard.ts`. */
  readonly isHeld: boolean;
}

/** For a transaction. */
export async function writeLooks(
  trx: Database,
  repository: string,
  looks: readonly Look[],
  at: number,
  rules: DropRules,
): Promise<Written> {
  const found = looks.filter(({ state }) => state !== 'absent');
  // Made-up events must not make rows.
  const id = found.length > 0 ? await ensureRepository(trx, repository, at) : await lockRepository(trx, repository);
  const states = new Map<string, TagState>(
    looks.map(({ check, state }) => [check.name, state === 'absent' ? 'gone' : state]),
  );
  if (id === undefined) return { states, dropped: [], isChanged: false };
  for (const [name, state] of await absentStates(trx, id, looks, rules)) states.set(name, state);
  const seen = found.map(seenTag);
  const change = {
    records: found.flatMap(({ records }) => records),
    proven: found.flatMap(({ proven }) => proven),
    seen,
    dropped: namesOf(states, 'gone'),
  };
  const { tags, dropped, isChanged } = await changeRepository(trx, id, change, at);
  await markMissing(trx, id, namesOf(states, 'missing'), at);
  for (const push of newPushes(seen, tags)) await recordPush(trx, id, push);
  return { states, dropped, isChanged };
}

function namesOf(states: ReadonlyMap<string, TagState>, wanted: TagState): readonly string[] {
  return [...states].filter(([, state]) => state === wanted).map(([name]) => name);
}

function seenTag({ check, digest }: Look): SeenTag {
  // The report of another digest is about a push that was overtaken.
  const isOfThis = check.push?.digest === digest || check.push?.digest === null;
  return { name: check.name, digest, push: isOfThis ? check.push : undefined };
}

/** Each push once, though it may be the reason of many looks. */
function newPushes(seen: readonly SeenTag[], changed: ReadonlySet<string>): ReadonlySet<Push> {
  const news = seen.flatMap(({ name, push }) => (push && (changed.has(name) || push.confirmed) ? [push] : []));
  return new Set(news);
}

async function absentStates(
  trx: Database,
  repositoryId: number,
  looks: readonly Look[],
  rules: DropRules,
): Promise<ReadonlyMap<string, TagState>> {
  const checks = looks.filter(({ state }) => state === 'absent').map(({ check }) => check);
  if (checks.length === 0) return new Map();
  const rows = await trx
    .selectFrom('tags')
    .select('name')
    .where('repository_id', '=', repositoryId)
    .where(
      'name',
      'in',
      checks.map((check) => check.name),
    )
    .execute();
  const known = new Set(rows.map((row) => row.name));
  return new Map(checks.map((check) => [check.name, known.has(check.name) ? absentState(check, rules) : 'gone']));
}

function absentState(check: TagCheck, { isPatienceOver, isHeld }: DropRules): TagState {
  if (check.isDeletionConfirmed) return 'gone';
  if (check.isDeletionReported) return isHeld ? 'held' : 'gone';
  if (!check.isUnlisted) return 'unknown';
  if (!isPatienceOver(check.name)) return 'missing';
  return isHeld ? 'held' : 'gone';
}
