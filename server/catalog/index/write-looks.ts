/** Writes answers of the registry about tags to the index: one transaction per batch. */

import type { Database } from '../../storage/database.ts';
import { lockRepository } from '../base/repository-writes.ts';
import type { ManifestRecord } from '../manifests/record.ts';
import { changeRepository } from './repository-change.ts';
import { type DroppedTag, ensureRepository, markMissing, type Push, recordPush, type SeenTag } from './tag-writes.ts';

/** Why a tag is checked: determines what a missing tag means and which push is recorded. */
export interface TagCheck {
  readonly name: string;
  /** A reported push; of this digest, null: unknown. */
  readonly push?: (Push & { readonly digest: string | null }) | undefined;
  /** Its deletion was reported, so one 404 is enough. */
  readonly isDeletionReported?: boolean | undefined;
  /** The deletion is confirmed, so it is no sign of a mass loss. */
  readonly isDeletionConfirmed?: boolean | undefined;
  /** The tag list lacks it: it is removed after a second 404, minutes after the first. */
  readonly isUnlisted?: boolean | undefined;
}

/**
 * `unreadable`: it exists, but its manifest could not be read. `unknown`: no clear answer, nothing changed. `held`: it
 * is missing, but the index is held, so nothing changed.
 */
export type TagState = 'present' | 'unreadable' | 'gone' | 'missing' | 'held' | 'unknown';

/** The registry's answer about one tag. */
export interface TagResult {
  readonly check: TagCheck;
  readonly state: 'present' | 'unreadable' | 'absent';
  readonly digest: string;
  readonly records: readonly ManifestRecord[];
  /** Manifests that the registry has in this repository, known or among `records`. */
  readonly proven: readonly string[];
}

export interface Written {
  readonly states: ReadonlyMap<string, TagState>;
  readonly dropped: readonly DroppedTag[];
  readonly isChanged: boolean;
}

export interface DropRules {
  /** Whether an unlisted tag has been missing for the grace period. */
  readonly isGracePeriodOver: (tag: string) => boolean;
  /** The index is held, see `loss-guard.ts`. */
  readonly isHeld: boolean;
}

/** For a transaction. */
export async function writeTagResults(
  trx: Database,
  repository: string,
  looks: readonly TagResult[],
  at: number,
  rules: DropRules,
): Promise<Written> {
  const found = looks.filter(({ state }) => state !== 'absent');
  // Invented events must not create rows.
  const id = found.length > 0 ? await ensureRepository(trx, repository, at) : await lockRepository(trx, repository);
  const states = new Map<string, TagState>(
    looks.map(({ check, state }) => [check.name, state === 'absent' ? 'gone' : state]),
  );
  if (id === undefined) return { states, dropped: [], isChanged: false };
  for (const [name, state] of await absentStates(trx, id, looks, rules)) states.set(name, state);
  const seen = found.map(toSeenTag);
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

function toSeenTag({ check, digest }: TagResult): SeenTag {
  // A report about another digest belongs to a push that was replaced meanwhile.
  const isOfThis = check.push?.digest === digest || check.push?.digest === null;
  return { name: check.name, digest, push: isOfThis ? check.push : undefined };
}

/** Each push once, even if several tags were checked because of it. */
function newPushes(seen: readonly SeenTag[], changed: ReadonlySet<string>): ReadonlySet<Push> {
  const news = seen.flatMap(({ name, push }) => (push && (changed.has(name) || push.confirmed) ? [push] : []));
  return new Set(news);
}

async function absentStates(
  trx: Database,
  repositoryId: number,
  looks: readonly TagResult[],
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

function absentState(check: TagCheck, { isGracePeriodOver: isPatienceOver, isHeld }: DropRules): TagState {
  if (check.isDeletionConfirmed) return 'gone';
  if (check.isDeletionReported) return isHeld ? 'held' : 'gone';
  if (!check.isUnlisted) return 'unknown';
  if (!isPatienceOver(check.name)) return 'missing';
  return isHeld ? 'held' : 'gone';
}
