/** Finds a small set of rows by an index that contains all matches of a search. */
import { type RawBuilder, sql } from 'kysely';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import type { HeldState } from '../../storage/schema.ts';
import { foldCase, type NameLookup, type NameTest } from '../names/name-search.ts';
import type { Visibility } from '../visibility/visibility.ts';
import {
  type Condition,
  digestBegins,
  hexPrefix,
  inRange,
  isBelow,
  labelCondition,
  labelValueBegins,
  type Places,
} from './conditions.ts';
import type { Term, Test } from './terms.ts';
import type { Range } from './values.ts';

/**
 * Up to this number candidates are fetched and compared; beyond it, matches are frequent enough to be found by a scan.
 */
export const MAX_CANDIDATES = 1500;
const MAX_REPOSITORIES = MAX_CANDIDATES / 3;
/** Each tag costs several lookups in other tables. */
const MAX_TAGS = MAX_CANDIDATES / 3;
const MAX_LABELLED = MAX_CANDIDATES / 3;

type Ids = readonly number[] | undefined;

export interface Candidates {
  /** IDs of held manifests that include all matches; undefined when no term is selective enough. */
  readonly ids: Ids;
  /** Lookups of words, by test. */
  readonly places: ReadonlyMap<Test, Places>;
}

export async function imageCandidates(
  db: Database,
  names: NameLookup,
  visibility: Visibility,
  terms: readonly Term[],
  states: readonly HeldState[],
): Promise<Candidates> {
  const places = new Map<Test, Places>();
  for (const { test } of mostSelective(terms)) {
    const ids = few(await candidatesOf(db, names, test, states, places));
    if (ids !== undefined) return { ids: [...new Set(ids)], places };
  }
  return { ids: visibility.all ? undefined : few(await ofVisible(db, visibility, states)), places };
}

/** The same with IDs of repositories. */
export async function repositoryCandidates(
  db: Database,
  names: NameLookup,
  visibility: Visibility,
  terms: readonly Term[],
): Promise<Ids> {
  for (const { test } of mostSelective(terms)) {
    const ids = few(await repositoriesOf(db, names, test));
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
  return ids === undefined || ids.length > MAX_CANDIDATES ? undefined : ids;
}

async function idsOf<Id = number>(db: Database, rows: RawBuilder<unknown>): Promise<readonly Id[]> {
  const found = await sql<{ id: Id }>`select id from (${rows} limit ${MAX_CANDIDATES + 1}) as bounded`.execute(db);
  return found.rows.map((row) => row.id);
}

function candidatesOf(
  db: Database,
  names: NameLookup,
  test: Test,
  states: readonly HeldState[],
  places: Map<Test, Places>,
): Promise<Ids> {
  switch (test.on) {
    case 'digest':
      return byDigest(db, test.prefix);
    case 'label':
      return byLabelOf(db, test, places);
    case 'tag':
      return byTag(db, names, test.text);
    case 'repository':
    case 'folder':
      return inRepositories(db, names, test, states);
    case 'anything':
      return byAnything(db, names, test, states, places);
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

/** Whole values have an index of their own. */
function labelLookup(db: Database, key: string, value: NameTest | null): Condition {
  if (value?.kind !== 'whole') return labelCondition(db, key, value);
  return sql`label.key = ${key} and lower(label.value) = ${foldCase(value.text)}`;
}

async function byLabelOf(db: Database, test: Extract<Test, { on: 'label' }>, places: Map<Test, Places>): Promise<Ids> {
  const labels = await labelsOf(db, labelLookup(db, test.key, test.value));
  places.set(test, { labels });
  return byLabels(db, labels);
}

async function labelsOf(db: Database, condition: Condition): Promise<Ids> {
  return few(await idsOf(db, sql`select label.id from labels as label where ${condition}`));
}

async function byLabels(db: Database, labels: Ids, most = MAX_CANDIDATES): Promise<Ids> {
  if (labels === undefined || labels.length === 0) return labels;
  const given = sql`select digest as id from manifest_labels where ${isAmong(db, sql`label_id`, labels)}`;
  const digests = await idsOf<string>(db, given);
  if (digests.length > most) return undefined;
  if (digests.length === 0) return [];
  const ids = await idsOf(
    db,
    sql`select id from held_manifests where ${isAmong(db, sql`digest`, digests)}
      union all
      select image.id as id from manifest_children as listed
        join held_manifests as image on image.digest = listed.parent_digest
        join held_manifests as part on part.digest = listed.child_digest and part.repository_id = image.repository_id
        where ${isAmong(db, sql`listed.child_digest`, digests)}`,
  );
  return few(ids);
}

async function byTag(db: Database, names: NameLookup, text: NameTest): Promise<Ids> {
  const tags = await names('tags', text, MAX_TAGS);
  if (tags === undefined || tags.length === 0) return tags;
  return idsOf(
    db,
    sql`select image.id from tags as named join held_manifests as image
      on image.repository_id = named.repository_id and image.digest = named.digest
      where ${isAmong(db, sql`named.id`, tags)}`,
  );
}

async function inRepositories(db: Database, names: NameLookup, test: Test, states: readonly HeldState[]): Promise<Ids> {
  const repositories = few(await repositoriesOf(db, names, test));
  // So many repositories have too many images.
  if (repositories === undefined || repositories.length > MAX_REPOSITORIES) return undefined;
  if (repositories.length === 0) return [];
  return idsOf(
    db,
    sql`select id from held_manifests
      where ${isAmong(db, sql`repository_id`, repositories)} and state in (${sql.join(states)})`,
  );
}

async function repositoriesOf(db: Database, names: NameLookup, test: Test): Promise<Ids> {
  if (test.on === 'folder') return idsOf(db, sql`select id from repositories where ${isBelow(test.path, 'name')}`);
  if (test.on !== 'repository' && test.on !== 'anything') return undefined;
  // A glob may also match after a slash; the condition removes what does not.
  const text: NameTest = test.text.kind === 'glob' ? { kind: 'glob', text: `*${test.text.text}` } : test.text;
  return names('repositories', text, MAX_CANDIDATES);
}

/** Looks a word up in all places. The results are kept, so that rows are not compared with what nothing has. */
async function byAnything(
  db: Database,
  names: NameLookup,
  test: Extract<Test, { on: 'anything' }>,
  states: readonly HeldState[],
  places: Map<Test, Places>,
): Promise<Ids> {
  const { text } = test;
  const isWord = text.kind !== 'glob';
  const named = await inRepositories(db, names, { on: 'repository', text }, states);
  const tagged = few(await byTag(db, names, text));
  const labels = isWord ? await labelsOf(db, labelValueBegins(text.text)) : [];
  // In a scan each row is tested for its labels, which costs less than finding very many first.
  const isScanned = named === undefined || tagged === undefined;
  const labelled = await byLabels(db, labels, isScanned ? MAX_LABELLED : MAX_CANDIDATES);
  places.set(test, { tagged, labelled, labels });
  const digest = isWord ? hexPrefix(text.text) : undefined;
  const begun = digest === undefined ? [] : few(await byDigest(db, digest));
  const all = [few(named), tagged, labelled, begun];
  return all.includes(undefined) ? undefined : all.flatMap((ids) => ids ?? []);
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

/** For a viewer who sees few images these are the candidates. */
async function ofVisible(db: Database, { id }: Visibility, states: readonly HeldState[]): Promise<Ids> {
  const seen = few(
    await idsOf(db, sql`select repository_id as id from visible_repositories where visibility_id = ${id}`),
  );
  if (seen === undefined || seen.length === 0) return seen;
  return idsOf(
    db,
    sql`select id from held_manifests where ${isAmong(db, sql`repository_id`, seen)} and state in (${sql.join(states)})`,
  );
}
