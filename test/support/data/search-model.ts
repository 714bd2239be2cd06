/** A search as one would write it without a database: everything in memory, each row looked at. */
import { sql } from 'kysely';
import type { NameTest } from '../../../server/catalog/names/name-search.ts';
import { globPattern, globSteps } from '../../../server/catalog/names/search-glob.ts';
import type { Term, Test } from '../../../server/catalog/search/terms.ts';
import { momentOf } from '../../../server/catalog/search/values.ts';
import type { Database } from '../../../server/storage/database.ts';

export interface ModelImage {
  readonly repository: string;
  readonly digest: string;
  readonly state: string;
  readonly kind: string;
  readonly size_bytes: number;
  readonly aged_at: number;
  readonly pushed_by: string | null;
  readonly last_pulled_at: number;
  readonly pull_count: number;
  readonly platforms: readonly string[];
  readonly tags: readonly string[];
  readonly labels: readonly { readonly key: string; readonly value: string }[];
  readonly referrers: readonly string[];
}

export async function readModel(db: Database): Promise<readonly ModelImage[]> {
  const held = await db
    .selectFrom('held_manifests')
    .innerJoin('repositories', 'repositories.id', 'held_manifests.repository_id')
    .selectAll('held_manifests')
    .select('repositories.name as repository')
    .execute();
  const tags = await db.selectFrom('tags').selectAll().execute();
  const manifests = new Map((await db.selectFrom('manifests').selectAll().execute()).map((row) => [row.digest, row]));
  const children = await db.selectFrom('manifest_children').selectAll().execute();
  const { rows: labels } = await sql<{ digest: string; key: string; value: string }>`
    select digest, key, value from manifest_labels join labels on labels.id = label_id`.execute(db);
  return held.map((row) => {
    const own = new Set([
      row.digest,
      ...children.filter((child) => child.parent_digest === row.digest).map((child) => child.child_digest),
    ]);
    const here = held.filter((other) => other.repository_id === row.repository_id).map((other) => other.digest);
    const speaking = tags.filter((tag) => tag.repository_id === row.repository_id && tag.subject_digest === row.digest);
    return {
      ...row,
      platforms: JSON.parse(row.platforms) as string[],
      tags: tags
        .filter((tag) => tag.repository_id === row.repository_id && tag.digest === row.digest)
        .filter((tag) => tag.subject_digest === null)
        .map((tag) => tag.name),
      labels: labels.filter((label) => own.has(label.digest)),
      referrers: [
        ...here.filter((digest) => manifests.get(digest)?.subject_digest === row.digest),
        ...speaking.map((tag) => tag.digest),
      ].map((digest) => manifests.get(digest)?.kind ?? ''),
    };
  });
}

/** What a search for `terms` finds, in no order. */
export function modelSearch(images: readonly ModelImage[], terms: readonly Term[], now: number): readonly ModelImage[] {
  const asked = terms.filter((term) => !term.isNegated).map((term) => term.test);
  const isAsked = (on: Test['on']) => asked.some((test) => test.on === on);
  const attached = asked.some(
    (test) => test.on === 'kind' && ['signature', 'sbom', 'attestation', 'artifact'].includes(test.kind),
  );
  const states = isAsked('untagged')
    ? ['untagged']
    : isAsked('digest')
      ? ['tagged', 'untagged', 'referrer', 'child']
      : attached
        ? ['tagged', 'untagged', 'referrer']
        : ['tagged'];
  return images.filter(
    (image) => states.includes(image.state) && terms.every((term) => meets(image, term.test, now) !== term.isNegated),
  );
}

function meets(image: ModelImage, test: Test, now: number): boolean {
  switch (test.on) {
    case 'anything':
      return anywhere(image, test.text);
    case 'repository':
      return passesRepository(image.repository, test.text);
    case 'tag':
      return image.tags.some((tag) => passes(tag, test.text));
    case 'pusher':
      return passes(image.pushed_by ?? '', test.text);
    case 'digest':
      return image.digest.startsWith(test.prefix);
    case 'folder':
      return image.repository.startsWith(`${test.path}/`);
    case 'label':
      return image.labels.some(
        ({ key, value }) => key === test.key && (test.value === null || passes(value, test.value)),
      );
    case 'pushed': {
      const at = momentOf(test.age, now);
      return image.aged_at > 0 && (test.isBefore ? image.aged_at < at : image.aged_at >= at);
    }
    case 'pulled':
      return image.last_pulled_at < momentOf(test.age, now);
    case 'size':
      return within(image.size_bytes, test.range);
    case 'pulls':
      return within(image.pull_count, test.range);
    case 'platform':
      return image.platforms.some((platform) => {
        const [os = '', architecture = '', variant = ''] = platform.split('/');
        return (
          (test.os === '' || os === test.os) &&
          (test.architecture === '' || architecture === test.architecture) &&
          (test.variant === '' || variant === test.variant)
        );
      });
    case 'kind':
      return image.kind === test.kind;
    case 'untagged':
      return image.state === 'untagged';
    case 'referrer':
      return image.referrers.includes(test.kind);
  }
}

function within(value: number, { min, max }: { min: number | null; max: number | null }): boolean {
  return (min === null || value >= min) && (max === null || value <= max);
}

function anywhere(image: ModelImage, text: NameTest): boolean {
  const named = passesRepository(image.repository, text) || image.tags.some((tag) => passes(tag, text));
  if (named || text.kind === 'glob') return named;
  const lower = text.text.toLowerCase();
  const isDigest = /^[0-9a-f]{6,64}$/.test(lower) && image.digest.startsWith(`sha256:${lower}`);
  return isDigest || image.labels.some(({ value }) => value.toLowerCase().startsWith(lower));
}

export function passesRepository(name: string, text: NameTest): boolean {
  if (text.kind !== 'glob') return passes(name, text);
  return passes(name, text) || passes(name, { kind: 'glob', text: `*/${text.text}` });
}

function passes(name: string, { kind, text }: NameTest): boolean {
  const [value, wanted] = [name.toLowerCase(), text.toLowerCase()];
  if (kind === 'part') return value.includes(wanted);
  return kind === 'whole' ? value === wanted : new RegExp(globPattern(globSteps(wanted)), 's').test(value);
}
