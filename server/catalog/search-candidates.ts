/** Where a search begins: few rows that hold all matches, found by an index. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { HeldState } from '../storage/schema.ts';
import { foldCase, matchingIds, type NameTest } from './name-search.ts';
import {
  below,
  type Condition,
  digestBegins,
  hexPrefix,
  inRange,
  labelCondition,
  labelValueBegins,
} from './search-conditions.ts';
import type { Term, Test } from './search-query.ts';
import type { Range } from './search-values.ts';
import type { Visibility } from './visibility.ts';

/** Up to here candidates are fetched and compared; beyond, matches are frequent enough to come across them. */
export const FEW = 1500;

type Ids = readonly number[] | undefined;

/** Ids of held manifests among which all matches are. @returns undefined where no term leaves few. */
export async function imageCandidates(
  db: Database,
  visibility: Visibility,
  terms: readonly Term[],
  states: readonly HeldState[],
): Promise<Ids> {
  for (const { test } of mostSelective(terms)) {
    const ids = few(await candidatesOf(db, test, states));
    if (ids !== undefined) return ids;
  }
  return visibility.all ? undefined : few(await ofVisible(db, visibility, states));
}

/** Ids of repositories, in the same way. */
export async function repositoryCandidates(db: Database, visibility: Visibility, terms: readonly Term[]): Promise<Ids> {
  for (const { test } of mostSelective(terms)) {
    const ids = few(await repositoriesOf(db, test));
    if (ids !== undefined) return ids;
  }
  if (visibility.all) return undefined;
  return few(
    await idsOf(db, sql`select repository_id as id from visible_repositories where visibility_id = ${visibility.id}`),
  );
}

const ORDER: readonly Test['on'][] = ['digest', 'label', 'tag', 'repository', 'anything', 'pusher', 'folder', 'size'];

function mostSelective(terms: readonly Term[]): readonly Term[] {
  const rank = ({ test }: Term) => ORDER.indexOf(test.on);
  return terms.filter((term) => !term.isNegated && rank(term) >= 0).sort((one, other) => rank(one) - rank(other));
}

function few(ids: Ids): Ids {
  return ids === undefined || ids.length > FEW ? undefined : ids;
}

async function idsOf<Id = number>(db: Database, rows: RawBuilder<unknown>): Promise<readonly Id[]> {
  const found = await sql<{ id: Id }>`select id from (${rows} limit ${FEW + 1}) as bounded`.execute(db);
  return found.rows.map((row) => row.id);
}

function candidatesOf(db: Database, test: Test, states: readonly HeldState[]): Promise<Ids> {
  switch (test.on) {
    case 'digest':
      return byDigest(db, test.prefix);
    case 'label':
      return byLabel(db, labelLookup(db, test.key, test.value));
    case 'tag':
      return byTag(db, test.text);
    case 'repository':
    case 'folder':
      return inRepositories(db, test, states);
    case 'anything':
      return byAnything(db, test.text, states);
    case 'pusher':
      return byPusher(db, test.text);
    case 'size':
      return bySize(db, test.range, states);
    default:
      return Promise.resolve(undefined);
  }
}

function byDigest(db: Database, prefix: string): Promise<Ids> {
  return idsOf(db, sql`select image.id from held_manifests as image where ${digestBegins(prefix)}`);
}

/** A whole value has an index of its own. */
function labelLookup(db: Database, key: string, value: NameTest | null): Condition {
  if (value?.kind !== 'whole') return labelCondition(db, key, value);
  return sql`label.key = ${key} and lower(label.value) = ${foldCase(value.text)}`;
}

async function byLabel(db: Database, condition: Condition): Promise<Ids> {
  const labels = few(await idsOf(db, sql`select label.id from labels as label where ${condition}`));
  if (labels === undefined || labels.length === 0) return labels;
  const given = sql`select digest as id from manifest_labels where label_id in (${sql.join(labels)})`;
  const digests = await idsOf<string>(db, given);
  if (digests.length > FEW) return undefined;
  if (digests.length === 0) return [];
  return idsOf(
    db,
    sql`select id from held_manifests where digest in (${sql.join(digests)})
      union all
      select image.id as id from manifest_children as listed
        join held_manifests as image on image.digest = listed.parent_digest
        where listed.child_digest in (${sql.join(digests)})`,
  );
}

async function byTag(db: Database, text: NameTest): Promise<Ids> {
  const tags = few(await matchingIds(db, 'tags', text, FEW + 1));
  if (tags === undefined || tags.length === 0) return tags;
  return idsOf(
    db,
    sql`select image.id from tags as named join held_manifests as image
      on image.repository_id = named.repository_id and image.digest = named.digest where named.id in (${sql.join(tags)})`,
  );
}

async function inRepositories(db: Database, test: Test, states: readonly HeldState[]): Promise<Ids> {
  const repositories = few(await repositoriesOf(db, test));
  if (repositories === undefined || repositories.length === 0) return repositories;
  return idsOf(
    db,
    sql`select id from held_manifests
      where repository_id in (${sql.join(repositories)}) and state in (${sql.join(states)})`,
  );
}

async function repositoriesOf(db: Database, test: Test): Promise<Ids> {
  if (test.on === 'folder') return idsOf(db, sql`select id from repositories where ${below(test.path, 'name')}`);
  if (test.on !== 'repository' && test.on !== 'anything') return undefined;
  // A glob may also match behind a slash; what is too much is sorted out by the condition.
  const text: NameTest = test.text.kind === 'glob' ? { kind: 'glob', text: `*${test.text.text}` } : test.text;
  return matchingIds(db, 'repositories', text, FEW + 1);
}

/** All the places a word may stand in; one that no index tells of spoils it. */
async function byAnything(db: Database, text: NameTest, states: readonly HeldState[]): Promise<Ids> {
  const test: Test = { on: 'repository', text };
  const places: (() => Promise<Ids>)[] = [() => byTag(db, text), () => inRepositories(db, test, states)];
  if (text.kind !== 'glob') {
    const digest = hexPrefix(text.text);
    if (digest !== undefined) places.push(() => byDigest(db, digest));
    places.push(() => byLabel(db, labelValueBegins(text.text)));
  }
  const all = new Set<number>();
  for (const place of places) {
    const ids = few(await place());
    if (ids === undefined) return undefined;
    for (const id of ids) all.add(id);
  }
  return [...all];
}

function byPusher(db: Database, text: NameTest): Promise<Ids> {
  if (text.kind !== 'whole') return Promise.resolve(undefined);
  return idsOf(db, sql`select id from held_manifests where pushed_by = ${foldCase(text.text)}`);
}

async function bySize(db: Database, range: Range, states: readonly HeldState[]): Promise<Ids> {
  const all: number[] = [];
  for (const state of states) {
    const rows = sql`select id from held_manifests where state = ${state} and ${inRange(sql`size_bytes`, range)}`;
    all.push(...(await idsOf(db, rows)));
  }
  return all;
}

/** For somebody who sees few images, those are where to begin. */
async function ofVisible(db: Database, { id }: Visibility, states: readonly HeldState[]): Promise<Ids> {
  const seen = few(
    await idsOf(db, sql`select repository_id as id from visible_repositories where visibility_id = ${id}`),
  );
  if (seen === undefined || seen.length === 0) return seen;
  return idsOf(
    db,
    sql`select id from held_manifests where repository_id in (${sql.join(seen)}) and state in (${sql.join(states)})`,
  );
}
