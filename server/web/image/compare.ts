import type { ImageDetail } from '../../catalog/images/image.ts';
import type { Visibility } from '../../catalog/visibility/visibility.ts';
import { parseReferencePath } from '../../registry/documents/reference.ts';
import { shortDigest } from '../parts/cells.ts';
import type { Crumb, Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { type ComparedCells, commonPlatform, comparedCells, type Side } from './compare-view.ts';
import type { ImagePageDeps } from './image-deps.ts';

export interface CompareView {
  readonly title: string;
  readonly nav: 'repositories';
  readonly crumbs: readonly Crumb[];
  readonly fields: readonly CompareField[];
  /** Other tags of the first image's repository, to compare with. */
  readonly choices: readonly { readonly text: string; readonly href: string }[];
  readonly swapHref: string | null;
  readonly notes: readonly string[];
  readonly compared: ComparedCells | null;
}

export interface CompareField {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly error?: string;
  readonly hint?: string;
}

/** `/compare?a=team/app:v1&b=team/app:v2`. A tag may be followed by its expected digest: `team/app:v1@sha256:…`. */
export function comparePage(deps: ImagePageDeps): PageModule {
  return (routes) => {
    routes.get('/compare', 'browse', async (page, request) => {
      const chosen = chosenImages(request.originalUrl);
      if (chosen.length > 0) return goToChosen(page, chosen);
      const seen = await deps.visibility.of(page.viewer.rights, page.origin.address);
      const [a, b] = [await find(deps, page, seen, 'a'), await find(deps, page, seen, 'b')];
      const facts = { page, a, b, compared: await compare(deps, page, seen, a, b) };
      const tags = a.detail === undefined ? [] : await deps.images.newestTags(a.detail.repositoryId);
      const isWrong = [a, b].some((side) => side.text !== '' && side.detail === undefined);
      await page.render('image/compare', compareView({ ...facts, tags }), isWrong ? 404 : 200);
    });
  };
}

/** Each ticked box of the tag list is sent as a parameter `image`. */
export function chosenImages(url: string): readonly string[] {
  const start = url.indexOf('?');
  return start < 0 ? [] : new URLSearchParams(url.slice(start)).getAll('image').filter((text) => text !== '');
}

/** Redirects to the address that can be shared. With one image the page offers tags to compare it with. */
function goToChosen(page: Page, chosen: readonly string[]): void {
  const [a = '', b] = chosen;
  const path = `/compare?${new URLSearchParams({ a, ...(b === undefined ? {} : { b }) })}`;
  page.redirect(path, chosen.length > 2 ? { key: 'image:compare.first_two' } : undefined);
}

interface FoundSide {
  readonly text: string;
  readonly detail: ImageDetail | undefined;
  /** Of `detail`: `team/app:v1`. */
  readonly reference: string;
  /** A tag that has moved from its expected digest; null: it has not. */
  readonly movedTag: string | null;
}

async function find(deps: ImagePageDeps, page: Page, seen: Visibility, name: 'a' | 'b'): Promise<FoundSide> {
  const text = page.query(name).trim().slice(0, 1000);
  const none = { text, detail: undefined, reference: text, movedTag: null };
  const asked = parseCompared(text);
  const row = asked === undefined ? undefined : await deps.repositories.find(seen, asked.repository);
  if (asked === undefined || row === undefined) return none;
  const tagged = asked.tag === undefined ? undefined : await deps.tags.resolve(row.id, asked.tag);
  const digest = asked.digest ?? tagged?.digest;
  if (digest === undefined) return none;
  const detail = await deps.images.detail(row.name, digest, page.query('platform') || undefined);
  const isMoved = asked.tag !== undefined && tagged?.digest !== digest;
  const isNamed = asked.tag !== undefined && !isMoved;
  const reference = isNamed ? `${row.name}:${asked.tag}` : `${row.name}@${shortDigest(digest)}`;
  return { text, detail, reference, movedTag: isMoved ? (asked.tag ?? null) : null };
}

interface ComparedReference {
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** @returns undefined unless the text names a tag, a digest or both: `team/app:v1`, `team/app@sha256:…`. */
export function parseCompared(text: string): ComparedReference | undefined {
  const at = text.indexOf('@');
  const named = parseReferencePath(at < 0 ? text : text.slice(0, at));
  if (named === undefined || 'digest' in named) return undefined;
  const { repository } = named;
  const tag = 'tag' in named ? String(named.tag) : undefined;
  if (at < 0) return tag === undefined ? undefined : { repository, tag, digest: undefined };
  const exact = parseReferencePath(`${repository}${text.slice(at)}`);
  return exact !== undefined && 'digest' in exact ? { repository, tag, digest: exact.digest } : undefined;
}

async function compare(deps: ImagePageDeps, page: Page, seen: Visibility, a: FoundSide, b: FoundSide) {
  if (a.detail === undefined || b.detail === undefined) return null;
  const platform = commonPlatform(a.detail, b.detail, page.query('platform'));
  const sides: Side[] = [];
  for (const { detail, reference } of [a, b]) {
    if (detail === undefined) return null;
    const isOpen = platform === undefined || detail.content?.platform === platform;
    const again = isOpen ? detail : await deps.images.detail(detail.repository, detail.digest, platform, seen);
    sides.push({ reference, detail: again ?? detail });
  }
  const [left, right] = sides;
  return left === undefined || right === undefined ? null : comparedCells(left, right, page);
}

interface CompareFacts {
  readonly page: Pick<Page, 't' | 'url' | 'urlWith'>;
  readonly a: FoundSide;
  readonly b: FoundSide;
  readonly compared: ComparedCells | null;
  readonly tags: readonly string[];
}

export function compareView({ page, a, b, compared, tags }: CompareFacts): CompareView {
  const { t, url, urlWith } = page;
  const field = (name: 'a' | 'b', label: string, side: FoundSide): CompareField => ({
    ...{ name, label, value: side.text },
    ...(side.text !== '' && side.detail === undefined ? { error: t('image:compare.unknown') } : {}),
    ...(side.text === '' ? { hint: t('image:compare.hint') } : {}),
  });
  const repository = a.detail?.repository;
  const others =
    repository === undefined || b.text !== '' ? [] : tags.filter((tag) => a.reference !== `${repository}:${tag}`);
  return {
    title: t('image:compare.title'),
    nav: 'repositories',
    crumbs: [{ text: t('image:compare.crumb') }],
    fields: [field('a', t('image:compare.first'), a), field('b', t('image:compare.second'), b)],
    choices: others.map((tag) => ({ text: tag, href: urlWith({ b: `${repository}:${tag}` }) })),
    swapHref: compared === null ? null : url(`/compare?${new URLSearchParams({ a: b.text, b: a.text })}`),
    notes: [a, b].flatMap(({ movedTag, reference }) =>
      movedTag === null ? [] : [t('image:compare.moved', { tag: movedTag, reference })],
    ),
    compared,
  };
}
