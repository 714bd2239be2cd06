/** The view model of the result page. */

import type { ImageHit } from '../../catalog/search/hits.ts';
import type { Found } from '../../catalog/search/page.ts';
import { printQuery, type SearchQuery } from '../../catalog/search/query.ts';
import type { RepositoryHit } from '../../catalog/search/repositories.ts';
import type { SearchResult } from '../../catalog/search/search.ts';
import type { Note } from '../../catalog/search/terms.ts';
import { imagePath, type PlatformCells, platformCells, referencePath, shortDigest, splitName } from '../parts/cells.ts';
import { type CopyLine, copyLine } from '../parts/commands.ts';
import { actor, kindLabel } from '../parts/labels.ts';
import { keyPager, type Pager, totalText } from '../parts/pager.ts';
import { maskedValue } from '../parts/secrets.ts';
import type { Crumb, Page } from '../shell/page.ts';
import { searchHelp } from './search-help.ts';

export type ResultKind = 'repositories' | 'images' | '';

export interface SearchView {
  readonly title: string;
  readonly crumbs: readonly Crumb[];
  /** `start`: the query is empty. */
  readonly state: 'start' | 'results' | 'none';
  readonly text: string;
  readonly kind: ResultKind;
  readonly terms: readonly { readonly text: string; readonly href: string }[];
  readonly notes: readonly string[];
  readonly jump: { readonly reference: string; readonly href: string } | null;
  readonly tabs: readonly { text: string; href: string; current: boolean; count?: string }[];
  readonly isWide: boolean;
  readonly repositories: RepositoryResults | null;
  readonly images: ImageResults | null;
  readonly help: ReturnType<typeof searchHelp>;
}

interface Results<Row> {
  readonly rows: readonly Row[];
  readonly total: string;
  readonly pager: Pager | null;
  /** When the search stopped at its limit: how far it came, and the link that continues it. */
  readonly stopped: { readonly text: string; readonly href: string } | null;
}

export interface RepositoryResults extends Results<RepositoryResult> {
  /** Link to all results of this kind; null when all are shown. */
  readonly allHref: string | null;
}
export type ImageResults = Results<ImageResult>;

export interface RepositoryResult {
  readonly name: string;
  readonly folder: string;
  readonly leaf: string;
  readonly href: string;
  readonly tags: string;
  readonly newest: { readonly name: string; readonly href: string } | null;
  readonly pushedAt: number | null;
  readonly sizeBytes: number;
}

export interface ImageResult {
  readonly folder: string;
  readonly leaf: string;
  readonly tag: string;
  readonly reference: string;
  readonly href: string;
  readonly digest: string;
  readonly shortDigest: string;
  readonly copy: CopyLine;
  readonly kind: string | null;
  readonly state: string | null;
  readonly label: string | null;
  readonly platforms: PlatformCells;
  /** null: unknown. */
  readonly sizeBytes: number | null;
  readonly pushedAt: number | null;
  readonly by: ReturnType<typeof actor>;
}

type Shown = Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query' | 'copy'>;

/** Repositories shown above the images. */
const FIRST_REPOSITORIES = 5;
const MAX_SHOWN_LENGTH = 1000;

export function searchView(page: Shown, text: string, kind: ResultKind, result: SearchResult): SearchView {
  const { t, url, urlWith } = page;
  const { query, jump } = result;
  const isFirst = page.query('after') === '';
  const repositories = kind === 'images' || (!isFirst && kind === '') ? null : repositoryResults(page, kind, result);
  const images = kind === 'repositories' ? null : imageResults(page, result.images);
  const shown = [repositories, images].filter((group) => group !== null);
  const isEmpty = shown.every((group) => group.rows.length === 0 && group.stopped === null);
  return {
    title: text === '' ? t('search:title') : t('search:title_of', { text: text.slice(0, 60) }),
    crumbs: [{ text: t('search:title') }],
    state: query.terms.length === 0 ? 'start' : isEmpty ? 'none' : 'results',
    text: text.slice(0, MAX_SHOWN_LENGTH),
    kind,
    terms: termChips(query, urlWith),
    notes: query.notes.map((note) => noteText(note, t)),
    jump: jump === null ? null : { reference: jump, href: url(referencePath(jump)) },
    tabs: tabsOf(page, kind),
    isWide: isFirst && result.images.total?.isExact === false && result.images.rows.length > 0,
    repositories: repositories !== null && (repositories.rows.length > 0 || kind !== '') ? repositories : null,
    images,
    help: searchHelp(page),
  };
}

function termChips(query: SearchQuery, urlWith: Page['urlWith']): SearchView['terms'] {
  return query.terms.map((term) => {
    const others = query.terms.filter((other) => other !== term);
    return { text: term.text, href: urlWith({ q: printQuery({ terms: others }), after: null, from: null }) };
  });
}

function tabsOf({ t, urlWith }: Shown, kind: ResultKind): SearchView['tabs'] {
  const tab = (text: string, to: ResultKind) => ({
    text,
    href: urlWith({ kind: to === '' ? null : to, after: null, from: null }),
    current: kind === to,
  });
  return [
    tab(t('search:tab.all'), ''),
    tab(t('search:tab.repositories'), 'repositories'),
    tab(t('search:tab.images'), 'images'),
  ];
}

function noteText({ problem, params }: Note, t: Page['t']): string {
  const texts: Record<Note['problem'], () => string> = {
    too_long: () => t('search:note.too_long', params),
    too_many: () => t('search:note.too_many', params),
    unknown: () => t('search:note.unknown', params),
    as_reference: () => t('search:note.as_reference', params),
    malformed: () => t('search:note.malformed', params),
    too_wild: () => t('search:note.too_wild', params),
  };
  return texts[problem]();
}

function resultsOf<Hit, Row>(page: Shown, found: Found<Hit>, toRow: (hit: Hit) => Row): Results<Row> {
  const { format, t } = page;
  const pager = keyPager(page, found.rows.length, found.next);
  const { searchedTo, next } = found;
  const until =
    searchedTo === 0 ? t('search:stopped_unknown') : t('search:stopped', { date: format.date(searchedTo ?? 0) });
  return {
    rows: found.rows.map(toRow),
    total: found.total === undefined ? '' : totalText(found.total, format),
    pager: pager.next === undefined && pager.previous === undefined ? null : pager,
    stopped: searchedTo === undefined || next === undefined ? null : { text: until, href: pager.next ?? '' },
  };
}

function repositoryResults(page: Shown, kind: ResultKind, { repositories: found }: SearchResult): RepositoryResults {
  const results = resultsOf(page, found, (hit) => repositoryRow(page, hit));
  if (kind === 'repositories') return { ...results, allHref: null };
  const hasMore = found.rows.length > FIRST_REPOSITORIES || found.next !== undefined;
  const allHref = hasMore ? page.urlWith({ kind: 'repositories', after: null, from: null }) : null;
  return { ...results, rows: results.rows.slice(0, FIRST_REPOSITORIES), pager: null, stopped: null, allHref };
}

function repositoryRow({ url, format }: Shown, hit: RepositoryHit): RepositoryResult {
  const tag = hit.newestTag;
  return {
    name: hit.name,
    ...splitName(hit.name),
    href: url(referencePath(hit.name)),
    tags: format.number(hit.tagCount),
    newest: tag === null ? null : { name: tag, href: url(referencePath(`${hit.name}:${tag}`)) },
    pushedAt: hit.lastPushedAt,
    sizeBytes: hit.sizeBytes,
  };
}

function imageResults(page: Shown, found: Found<ImageHit>): ImageResults {
  return resultsOf(page, found, (hit) => imageRow(page, hit));
}

function imageRow(page: Shown, hit: ImageHit): ImageResult {
  const { url, t } = page;
  const reference = hit.tag === '' ? `${hit.repository}@${hit.digest}` : `${hit.repository}:${hit.tag}`;
  const path = hit.tag === '' ? referencePath(reference) : imagePath(hit.repository, hit.tag, hit.digest);
  return {
    ...splitName(hit.repository),
    tag: hit.tag,
    reference,
    href: url(path),
    digest: hit.digest,
    shortDigest: shortDigest(hit.digest),
    copy: copyLine(page, { name: hit.repository, tag: hit.tag, digest: hit.digest, kind: hit.kind }),
    kind: kindLabel(hit.kind, t),
    state: stateText(hit, t),
    label: hit.label === null ? null : `${hit.label.key}=${maskedValue(hit.label.key, hit.label.value)}`,
    platforms: platformCells(hit.platforms, 2),
    // Manifests of schema 1 do not contain sizes.
    sizeBytes: hit.sizeBytes === 0 ? null : hit.sizeBytes,
    pushedAt: hit.pushedAt,
    by: actor(hit.pushedBy, hit.pushConfirmed),
  };
}

function stateText({ state }: ImageHit, t: Page['t']): string | null {
  if (state === 'untagged') return t('search:state.untagged');
  return state === 'child' ? t('search:state.child') : null;
}
