/**
 * SQL conditions of search terms, for an image in its repository (`home`) or for a repository. Columns in the index of
 * the newest images are read from `image`, which may be a row of that index; the others from `whole`, the complete row.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import { escapeLike } from '../../storage/like.ts';
import type { HeldState } from '../../storage/schema.ts';
import { referrerQueries } from '../manifests/referrers.ts';
import { foldCase, type NameTest, passesName } from '../names/name-search.ts';
import type { ReferrerKind, Term, Test } from './terms.ts';
import { momentOf, type Range } from './values.ts';

export type Condition = RawBuilder<SqlBool>;

/** Results of looking up a word or label before rows are read; undefined: too many, or not looked up. */
export interface Places {
  /** IDs of images with a matching tag. */
  readonly tagged?: readonly number[] | undefined;
  /** IDs of images with a matching label. */
  readonly labelled?: readonly number[] | undefined;
  /** IDs of matching labels. */
  readonly labels?: readonly number[] | undefined;
}

const ANYWHERE: Places = {};

/** True for an empty list. */
export function allOf(conditions: readonly Condition[]): Condition {
  return sql<SqlBool>`(${sql.join(conditions.length === 0 ? [sql`1 = 1`] : conditions, sql` and `)})`;
}

/** Whether the test reads `home`. */
export function needsHome({ test }: Term): boolean {
  return test.on === 'anything' || test.on === 'repository' || test.on === 'folder';
}

const OF_WHOLE: ReadonlySet<Test['on']> = new Set(['pusher', 'pulled', 'size', 'pulls', 'platform']);

/** Whether the test reads `whole`. */
export function needsWhole({ test }: Term): boolean {
  return OF_WHOLE.has(test.on);
}

/** Condition on `image`, `home` and `whole`. @param now Ages are relative to it. */
export function imageCondition(
  db: Database,
  { test, isNegated }: Term,
  now: number,
  places: ReadonlyMap<Test, Places>,
): Condition {
  const condition = imageTest(db, test, now, places.get(test) ?? ANYWHERE);
  return isNegated ? sql<SqlBool>`not (${condition})` : condition;
}

/** Condition on `home`. @returns undefined for properties that only images have. */
export function repositoryCondition(db: Database, { test, isNegated }: Term): Condition | undefined {
  const condition = repositoryTest(db, test);
  return condition && isNegated ? sql<SqlBool>`not (${condition})` : condition;
}

function repositoryTest(db: Database, test: Test): Condition | undefined {
  if (test.on === 'anything' || test.on === 'repository') return inRepositoryName(db, test.text);
  return test.on === 'folder' ? isBelow(test.path) : undefined;
}

function imageTest(db: Database, test: Test, now: number, places: Places): Condition {
  switch (test.on) {
    case 'anything':
      return anywhere(db, test.text, places);
    case 'repository':
      return inRepositoryName(db, test.text);
    case 'folder':
      return isBelow(test.path);
    case 'tag':
      return underTag(db, test.text);
    case 'pusher':
      return pushedBy(db, test.text);
    case 'digest':
      return digestBegins(test.prefix);
    case 'label':
      return labelled(db, labelCondition(db, test.key, test.value), places.labels);
    case 'pushed':
      return agedCondition(test.isBefore, momentOf(test.age, now));
    case 'pulled':
      return sql<SqlBool>`whole.last_pulled_at < ${momentOf(test.age, now)}`;
    case 'size':
      return inRange(sql`whole.size_bytes`, test.range);
    case 'pulls':
      return inRange(sql`whole.pull_count`, test.range);
    case 'platform':
      return onPlatform(test);
    case 'kind':
      return sql<SqlBool>`image.kind = ${test.kind}`;
    case 'untagged':
      return sql<SqlBool>`image.state = 'untagged'`;
    case 'referrer':
      return hasReferrer(test.kind);
  }
}

function anywhere(db: Database, text: NameTest, places: Places): Condition {
  const hex = text.kind === 'glob' ? undefined : hexPrefix(text.text);
  const parts = [inRepositoryName(db, text)];
  if (hex !== undefined) parts.push(digestBegins(hex));
  parts.push(...knownOr(db, places.tagged, () => underTag(db, text)));
  if (text.kind !== 'glob') {
    parts.push(...knownOr(db, places.labelled, () => labelled(db, labelValueBegins(text.text), places.labels)));
  }
  return sql<SqlBool>`(${sql.join(parts, sql` or `)})`;
}

function knownOr(db: Database, ids: readonly number[] | undefined, test: () => Condition): readonly Condition[] {
  if (ids === undefined) return [test()];
  return ids.length === 0 ? [] : [isAmong(db, sql`image.id`, ids)];
}

/** With wildcards: the whole name, or everything after a slash. */
function inRepositoryName(db: Database, text: NameTest): Condition {
  const whole = passesName(db, sql`home.name`, text);
  if (text.kind !== 'glob') return whole;
  return sql<SqlBool>`(${whole} or ${passesName(db, sql`home.name`, { kind: 'glob', text: `*/${text.text}` })})`;
}

/** A range of names: `0` is the character after `/`. */
export function isBelow(path: string, name = 'home.name'): Condition {
  return sql<SqlBool>`(${sql.ref(name)} >= ${`${path}/`} and ${sql.ref(name)} < ${`${path}0`})`;
}

/** Most images have one tag, which is in their own row. */
function underTag(db: Database, text: NameTest): Condition {
  return sql<SqlBool>`((image.tag_count > 0 and ${passesName(db, sql`image.tag_name`, text)})
    or (image.tag_count > 1 and exists (select 1 from tags as named
      where named.repository_id = image.repository_id and named.digest = image.digest
      and named.subject_digest is null and ${passesName(db, sql`named.name`, text)})))`;
}

/** @param prefix With its algorithm: `sha256:6f0a`. */
export function digestBegins(prefix: string): Condition {
  // `g` sorts after all hexadecimal digits.
  return sql<SqlBool>`(image.digest >= ${prefix} and image.digest < ${`${prefix}g`})`;
}

/** The word if it may be the beginning of a digest: at least six hexadecimal digits. */
export function hexPrefix(word: string): string | undefined {
  return /^[0-9a-f]{6,64}$/i.test(word) ? `sha256:${word.toLowerCase()}` : undefined;
}

/** Up to this number labels are tested one by one for each row. */
const MAX_INLINE_LABELS = 8;

/** Labels of the children count for an index. Cross joins, because the label itself has to be read last. */
function labelled(db: Database, condition: Condition, labels: readonly number[] | undefined): Condition {
  const [label, isGiven] = givenLabel(db, condition, labels);
  return sql<SqlBool>`(exists (select 1 from manifest_labels as given ${label}
      where given.digest = image.digest and ${isGiven})
    or (image.kind = 'index' and exists (select 1 from manifest_children as listed
      cross join manifest_labels as given cross join held_manifests as part ${label}
      where listed.parent_digest = image.digest and given.digest = listed.child_digest
      and part.digest = listed.child_digest and part.repository_id = image.repository_id and ${isGiven})))`;
}

function givenLabel(db: Database, condition: Condition, labels: readonly number[] | undefined) {
  if (labels === undefined) {
    return [sql`cross join labels as label`, sql`label.id = given.label_id and ${condition}`] as const;
  }
  const isVeryFew = labels.length > 0 && labels.length <= MAX_INLINE_LABELS;
  // `+` keeps SQLite from searching each of many labels instead of the few of the manifest.
  const isGiven = isVeryFew ? sql`given.label_id in (${sql.join(labels)})` : isAmong(db, sql`+given.label_id`, labels);
  return [sql``, isGiven] as const;
}

/**
 * Digests whose labels count: the image and, for an index, its children in the repository. A cross join, because SQLite
 * would begin with all manifests of the repository for each image.
 */
export const LABELLED_DIGESTS = sql`select image.digest union all
  select listed.child_digest from manifest_children as listed cross join held_manifests as part
    where listed.parent_digest = image.digest
      and part.digest = listed.child_digest and part.repository_id = image.repository_id`;

/** Condition on `label`. */
export function labelCondition(db: Database, key: string, value: NameTest | null): Condition {
  const named = sql<SqlBool>`label.key = ${key}`;
  return value === null ? named : sql<SqlBool>`${named} and ${passesName(db, sql`label.value`, value)}`;
}

/** A range on its index, which contains the value in lower case. */
export function labelValueBegins(text: string): Condition {
  const folded = foldCase(text);
  return sql<SqlBool>`lower(label.value) >= ${folded} and lower(label.value) < ${`${folded}\u{10ffff}`}`;
}

/** 0 means unknown: neither older nor newer than anything. */
function agedCondition(isBefore: boolean, at: number, column = 'image.aged_at'): Condition {
  const aged = sql.ref(column);
  return isBefore ? sql<SqlBool>`(${aged} > 0 and ${aged} < ${at})` : sql<SqlBool>`(${aged} > 0 and ${aged} >= ${at})`;
}

/** Limits of the list's own order: where to begin and end reading. */
export function agedRange(terms: readonly Term[], now: number, column: string): Condition {
  const ranges = terms.flatMap(({ test, isNegated }) =>
    test.on === 'pushed' && !isNegated ? [agedCondition(test.isBefore, momentOf(test.age, now), column)] : [],
  );
  return allOf(ranges);
}

export function inRange(column: RawBuilder<unknown>, range: Range): Condition {
  const min = range.min === null ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${column} >= ${range.min}`;
  const max = range.max === null ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${column} <= ${range.max}`;
  return sql<SqlBool>`(${min} and ${max})`;
}

/** User names are in lower case; an exact name is compared as in its index. */
function pushedBy(db: Database, text: NameTest): Condition {
  const name = sql`coalesce(whole.pushed_by, '')`;
  return text.kind === 'whole' ? sql<SqlBool>`${name} = ${foldCase(text.text)}` : passesName(db, name, text);
}

/** `platforms` is a JSON list of `os/arch[/variant]`: searched including its quotes. */
function onPlatform({ os, architecture, variant }: Extract<Test, { on: 'platform' }>): Condition {
  const begin = os === '' ? '/' : `"${os}/`;
  if (architecture === '') return listed(begin);
  const named = `${begin}${architecture}`;
  if (variant !== '') return listed(`${named}/${variant}"`);
  return sql<SqlBool>`(${listed(`${named}"`)} or ${listed(`${named}/`)})`;
}

function listed(text: string): Condition {
  return sql<SqlBool>`whole.platforms like ${`%${escapeLike(text)}%`} escape '\\'`;
}

/** Condition on `image`: it has a referrer of this kind, found as on pages. */
function hasReferrer(kind: ReferrerKind): Condition {
  const queries = referrerQueries({
    repository: sql`image.repository_id`,
    isSubject: (column) => sql<SqlBool>`${sql.ref(column)} = image.digest`,
  });
  const found = queries.map((query) => sql`exists (select 1 from (${query}) as referrer where kind = ${kind})`);
  return sql<SqlBool>`(${sql.join(found, sql` or `)})`;
}

const ATTACHED: ReadonlySet<string> = new Set(['signature', 'sbom', 'attestation', 'artifact']);

/** States of manifests to search: tagged images, unless a term asks for others. */
export function statesOf(terms: readonly Term[]): readonly HeldState[] {
  const asked = terms.filter((term) => !term.isNegated).map(({ test }) => test);
  if (asked.some((test) => test.on === 'untagged')) return ['untagged'];
  if (asked.some((test) => test.on === 'digest')) return ['tagged', 'referrer', 'child', 'untagged'];
  const isAttached = asked.some((test) => test.on === 'kind' && ATTACHED.has(test.kind));
  return isAttached ? ['tagged', 'referrer', 'untagged'] : ['tagged'];
}
