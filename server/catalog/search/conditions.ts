/**
 * Terms of a search as conditions on a row: an image in its repository (`home`), or a repository alone. What the index of
 * the newest images holds is asked of `image`, which may be a row of that index; the rest of `whole`, the row itself.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import { escapeLike } from '../../storage/like.ts';
import type { HeldState } from '../../storage/schema.ts';
import { referrerQueries } from '../manifests/referrers.ts';
import { foldCase, type NameTest, passesName } from '../names/name-search.ts';
import type { ReferrerKind, Term, Test } from './terms.ts';
import { momentOf } from './values.ts';

export type Condition = RawBuilder<SqlBool>;

/** What a word or label was found to be before rows are looked at; undefined: too much, or not looked up. */
export interface Places {
  /** Images under such a tag. */
  readonly tagged?: readonly number[] | undefined;
  /** Images with such a label. */
  readonly labelled?: readonly number[] | undefined;
  /** Ids of the labels themselves. */
  readonly labels?: readonly number[] | undefined;
}

const ANYWHERE: Places = {};

export function allOf(conditions: readonly Condition[]): Condition {
  return sql<SqlBool>`(${sql.join(conditions.length === 0 ? [sql`1 = 1`] : conditions, sql` and `)})`;
}

/** Tests that ask for `home`. */
export function needsHome({ test }: Term): boolean {
  return test.on === 'anything' || test.on === 'repository' || test.on === 'folder';
}

const OF_WHOLE: ReadonlySet<Test['on']> = new Set(['pusher', 'pulled', 'size', 'pulls', 'platform']);

/** Tests that ask for `whole`. */
export function needsWhole({ test }: Term): boolean {
  return OF_WHOLE.has(test.on);
}

/** For `image`, `home` and `whole`; `now` is what ages count from. */
export function imageCondition(
  db: Database,
  { test, isNegated }: Term,
  now: number,
  places: ReadonlyMap<Test, Places>,
): Condition {
  const condition = imageTest(db, test, now, places.get(test) ?? ANYWHERE);
  return isNegated ? sql<SqlBool>`not (${condition})` : condition;
}

/** For `home`. @returns undefined for what only images have. */
export function repositoryCondition(db: Database, { test, isNegated }: Term): Condition | undefined {
  const condition = repositoryTest(db, test);
  return condition && isNegated ? sql<SqlBool>`not (${condition})` : condition;
}

function repositoryTest(db: Database, test: Test): Condition | undefined {
  if (test.on === 'anything' || test.on === 'repository') return inRepositoryName(db, test.text);
  return test.on === 'folder' ? below(test.path) : undefined;
}

function imageTest(db: Database, test: Test, now: number, places: Places): Condition {
  switch (test.on) {
    case 'anything':
      return anywhere(db, test.text, places);
    case 'repository':
      return inRepositoryName(db, test.text);
    case 'folder':
      return below(test.path);
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

/** With wildcards: the whole name, or all of it behind a slash. */
function inRepositoryName(db: Database, text: NameTest): Condition {
  const whole = passesName(db, sql`home.name`, text);
  if (text.kind !== 'glob') return whole;
  return sql<SqlBool>`(${whole} or ${passesName(db, sql`home.name`, { kind: 'glob', text: `*/${text.text}` })})`;
}

/** A range of names. `0` is the character behind `/`. */
export function below(path: string, name = 'home.name'): Condition {
  return sql<SqlBool>`(${sql.ref(name)} >= ${`${path}/`} and ${sql.ref(name)} < ${`${path}0`})`;
}

/** Most images have one tag, which stands in their own row. */
function underTag(db: Database, text: NameTest): Condition {
  return sql<SqlBool>`((image.tag_count > 0 and ${passesName(db, sql`image.tag_name`, text)})
    or (image.tag_count > 1 and exists (select 1 from tags as named
      where named.repository_id = image.repository_id and named.digest = image.digest
      and named.subject_digest is null and ${passesName(db, sql`named.name`, text)})))`;
}

export function digestBegins(prefix: string): Condition {
  // `g` is behind every hexadecimal digit.
  return sql<SqlBool>`(image.digest >= ${prefix} and image.digest < ${`${prefix}g`})`;
}

/** A word of at least six hexadecimal digits may be the begin of a digest. */
export function hexPrefix(word: string): string | undefined {
  return /^[0-9a-f]{6,64}$/i.test(word) ? `sha256:${word.toLowerCase()}` : undefined;
}

/** So few labels that each row can be asked for each of them. */
const VERY_FEW = 8;

/** Only indexes list images whose labels count as theirs. Cross joins, because the label itself is the last to look at. */
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
  const isVeryFew = labels.length > 0 && labels.length <= VERY_FEW;
  // The sign keeps SQLite from looking up each of many labels instead of the few that the manifest has.
  const isGiven = isVeryFew ? sql`given.label_id in (${sql.join(labels)})` : isAmong(db, sql`+given.label_id`, labels);
  return [sql``, isGiven] as const;
}

/**
 * Labels of an image for several platforms stand in the configurations of the images it lists and its repository has. A
 * cross join, because SQLite began with all that the repository has, for each image of a page.
 */
export const LABELLED_DIGESTS = sql`select image.digest union all
  select listed.child_digest from manifest_children as listed cross join held_manifests as part
    where listed.parent_digest = image.digest
      and part.digest = listed.child_digest and part.repository_id = image.repository_id`;

/** For `label`. */
export function labelCondition(db: Database, key: string, value: NameTest | null): Condition {
  const named = sql<SqlBool>`label.key = ${key}`;
  return value === null ? named : sql<SqlBool>`${named} and ${passesName(db, sql`label.value`, value)}`;
}

/** A range on what its index holds, the value in lower case. */
export function labelValueBegins(text: string): Condition {
  const folded = foldCase(text);
  return sql<SqlBool>`lower(label.value) >= ${folded} and lower(label.value) < ${`${folded}\u{10ffff}`}`;
}

/** 0 is not known, so neither older nor newer than anything. */
function agedCondition(isBefore: boolean, at: number, column = 'image.aged_at'): Condition {
  const aged = sql.ref(column);
  return isBefore ? sql<SqlBool>`(${aged} > 0 and ${aged} < ${at})` : sql<SqlBool>`(${aged} > 0 and ${aged} >= ${at})`;
}

/** What terms say about the order of the list itself: where to begin and to end reading. */
export function agedRange(terms: readonly Term[], now: number, column: string): Condition {
  const ranges = terms.flatMap(({ test, isNegated }) =>
    test.on === 'pushed' && !isNegated ? [agedCondition(test.isBefore, momentOf(test.age, now), column)] : [],
  );
  return allOf(ranges);
}

export function inRange(column: RawBuilder<unknown>, range: { least: number | null; most: number | null }): Condition {
  const least = range.least === null ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${column} >= ${range.least}`;
  const most = range.most === null ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${column} <= ${range.most}`;
  return sql<SqlBool>`(${least} and ${most})`;
}

/** Names of users are lower case; a name as such is compared as its index has it. */
function pushedBy(db: Database, text: NameTest): Condition {
  const name = sql`coalesce(whole.pushed_by, '')`;
  return text.kind === 'whole' ? sql<SqlBool>`${name} = ${foldCase(text.text)}` : passesName(db, name, text);
}

/** `platforms` is a JSON list of `os/arch[/variant]`: looked for between its quotes. */
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

/** For `image`, as pages find them. */
function hasReferrer(kind: ReferrerKind): Condition {
  const queries = referrerQueries({
    repository: sql`image.repository_id`,
    isSubject: (column) => sql<SqlBool>`${sql.ref(column)} = image.digest`,
  });
  const found = queries.map((query) => sql`exists (select 1 from (${query}) as referrer where kind = ${kind})`);
  return sql<SqlBool>`(${sql.join(found, sql` or `)})`;
}

const ATTACHED: ReadonlySet<string> = new Set(['signature', 'sbom', 'attestation', 'artifact']);

/** What a search looks through: images under tags, unless it asks for something that stands elsewhere. */
export function statesOf(terms: readonly Term[]): readonly HeldState[] {
  const asked = terms.filter((term) => !term.isNegated).map(({ test }) => test);
  if (asked.some((test) => test.on === 'untagged')) return ['untagged'];
  if (asked.some((test) => test.on === 'digest')) return ['tagged', 'referrer', 'child', 'untagged'];
  const isAttached = asked.some((test) => test.on === 'kind' && ATTACHED.has(test.kind));
  return isAttached ? ['tagged', 'referrer', 'untagged'] : ['tagged'];
}
