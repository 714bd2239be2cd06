/** Terms of a search as conditions on a row: an image (`image`) in its repository (`home`), or a repository alone. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import { escapeLike } from '../storage/like.ts';
import type { HeldState } from '../storage/schema.ts';
import { foldCase, type NameTest, passesName } from './name-search.ts';
import type { ReferrerKind, Term, Test } from './search-query.ts';
import { momentOf } from './search-values.ts';

export type Condition = RawBuilder<SqlBool>;

/** What a word or label was found to be before rows are looked at; undefined: too much, or not looked up. */
export interface Places {
  /** Images under such a tag. */
  readonly tagged?: readonly number[] | undefined;
  /** Images with such a label. */
  readonly labelled?: readonly number[] | undefined;
  /** Ids of the labels themselves, where these are very few. */
  readonly labels?: readonly number[] | undefined;
}

const ANYWHERE: Places = {};

/** For `image` and `home`; `now` is what ages count from. */
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
      return labelled(labelCondition(db, test.key, test.value), places.labels);
    case 'pushed':
      return agedCondition(test.isBefore, momentOf(test.age, now));
    case 'pulled':
      return sql<SqlBool>`image.last_pulled_at < ${momentOf(test.age, now)}`;
    case 'size':
      return inRange(sql`image.size_bytes`, test.range);
    case 'pulls':
      return inRange(sql`image.pull_count`, test.range);
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

function anywhere(db: Database, text: NameTest, { tagged, labelled: found, labels }: Places): Condition {
  const hex = text.kind === 'glob' ? undefined : hexPrefix(text.text);
  const parts = [inRepositoryName(db, text)];
  if (hex !== undefined) parts.push(digestBegins(hex));
  if (tagged === undefined) parts.push(underTag(db, text));
  else if (tagged.length > 0) parts.push(isOneOf(tagged));
  if (text.kind !== 'glob') {
    if (found === undefined) parts.push(labelled(labelValueBegins(text.text), labels));
    else if (found.length > 0) parts.push(isOneOf(found));
  }
  return sql<SqlBool>`(${sql.join(parts, sql` or `)})`;
}

function isOneOf(ids: readonly number[]): Condition {
  return sql<SqlBool>`image.id in (${sql.join(ids)})`;
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

/** Known labels are looked up by their key in the table; only indexes list images whose labels count as theirs. */
function labelled(condition: Condition, labels: readonly number[] | undefined): Condition {
  if (labels !== undefined) {
    const known = sql`given.label_id in (${sql.join(labels)})`;
    return sql<SqlBool>`(exists (select 1 from manifest_labels as given where ${known} and given.digest = image.digest)
      or (image.kind = 'index' and exists (select 1 from manifest_children as listed
        join manifest_labels as given on given.digest = listed.child_digest
        where listed.parent_digest = image.digest and ${known})))`;
  }
  return sql<SqlBool>`exists (select 1 from manifest_labels as given join labels as label on label.id = given.label_id
    where given.digest in (${LABELLED_DIGESTS}) and ${condition})`;
}

/** Labels of an image for several platforms stand in the configurations of the images it lists. */
export const LABELLED_DIGESTS = sql`select image.digest union all
  select listed.child_digest from manifest_children as listed where listed.parent_digest = image.digest`;

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
function agedCondition(isBefore: boolean, at: number): Condition {
  if (!isBefore) return sql<SqlBool>`(image.aged_at > 0 and image.aged_at >= ${at})`;
  return sql<SqlBool>`(image.aged_at > 0 and image.aged_at < ${at})`;
}

export function inRange(column: RawBuilder<unknown>, range: { least: number | null; most: number | null }): Condition {
  const least = range.least === null ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${column} >= ${range.least}`;
  const most = range.most === null ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${column} <= ${range.most}`;
  return sql<SqlBool>`(${least} and ${most})`;
}

/** Names of users are lower case; a name as such is compared as its index has it. */
function pushedBy(db: Database, text: NameTest): Condition {
  const name = sql`coalesce(image.pushed_by, '')`;
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
  return sql<SqlBool>`image.platforms like ${`%${escapeLike(text)}%`} escape '\\'`;
}

/** As pages find referrers: by the subject a manifest names, by the tag of cosign, inside of an index. */
function hasReferrer(kind: ReferrerKind): Condition {
  const inside =
    kind === 'attestation'
      ? sql`or exists (select 1 from manifest_children as listed
          where listed.parent_digest = image.digest and listed.platform = 'attestation')`
      : sql``;
  return sql<SqlBool>`(exists (select 1 from manifests as referrer
      join held_manifests as holder on holder.digest = referrer.digest
      where referrer.subject_digest = image.digest and referrer.kind = ${kind}
      and holder.repository_id = image.repository_id)
    or exists (select 1 from tags as named join manifests as referrer on referrer.digest = named.digest
      where named.repository_id = image.repository_id and named.subject_digest = image.digest
      and referrer.kind = ${kind}) ${inside})`;
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
