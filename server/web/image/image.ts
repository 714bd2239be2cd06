import { notFoundOrHidden } from '../../access/actor.ts';
import type { ImageDetail } from '../../catalog/images/image.ts';
import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import type { Visibility } from '../../catalog/visibility/visibility.ts';
import { isDigest, type Reference } from '../../registry/documents/reference.ts';
import { referencePath, shortDigest } from '../parts/cells.ts';
import { whyNoDelete } from '../parts/delete-right.ts';
import { indexNotices, type Notice } from '../parts/notices.ts';
import { LAYER_ROUTE, movedFrom, RAW_ROUTE, REFERENCE_ROUTE, referenceOf } from '../parts/reference.ts';
import { showTags } from '../repositories/repository.ts';
import { showGone } from '../repositories/repository-gone.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { contentParts } from './content-parts.ts';
import { findVisible, type ImagePageDeps } from './image-deps.ts';
import { sendRaw } from './image-raw.ts';
import { chosenTab, needsContent } from './image-tabs.ts';
import { imageView } from './image-view.ts';
import { showLayer } from './layer.ts';
import type { LoadedContent } from './loaded-content.ts';

/** Repositories, tags and digests share one route, because the address is the reference. */
export function imagePage(deps: ImagePageDeps): PageModule {
  return (routes) => {
    routes.get(REFERENCE_ROUTE, 'browse', async (page, request) => {
      const reference = referenceOf(request.params[0] ?? '');
      const seen = await deps.visibility.of(page.viewer.rights, page.origin.address);
      if ('digest' in reference || 'tag' in reference) await showReference(deps, page, seen, reference);
      else await showRepository(deps, page, seen, reference.repository);
    });
    routes.get(RAW_ROUTE, 'browse', async (page, request, response) => {
      const seen = await deps.visibility.of(page.viewer.rights, page.origin.address);
      await sendRaw(deps, seen, [request.params[0] ?? '', request.params[1] ?? ''], response);
    });
    routes.get(LAYER_ROUTE, 'browse', async (page, request) => {
      const seen = await deps.visibility.of(page.viewer.rights, page.origin.address);
      await showLayer(deps, page, seen, [request.params[0] ?? '', request.params[1] ?? '']);
    });
  };
}

async function showRepository(deps: ImagePageDeps, page: Page, seen: Visibility, name: string): Promise<void> {
  const row = await deps.repositories.find(seen, name);
  if (row === undefined) await showGone(deps, page, name);
  else await showTags(deps, page, row);
}

type ImageReference = Extract<Reference, { readonly tag: string } | { readonly digest: string }>;

async function showReference(
  deps: ImagePageDeps,
  page: Page,
  seen: Visibility,
  reference: ImageReference,
): Promise<void> {
  const row = await findVisible(deps, seen, reference.repository);
  if ('digest' in reference) return showImage(deps, page, seen, { row, digest: reference.digest, tag: null });
  const { tag } = reference;
  const found = await deps.tags.resolve(row.id, tag);
  if (found === undefined) throw notFoundOrHidden();
  await showImage(deps, page, seen, { row, digest: found.digest, tag });
}

interface AskedImage {
  readonly row: RepositoryRow;
  readonly digest: string;
  readonly tag: string | null;
}

async function showImage(deps: ImagePageDeps, page: Page, seen: Visibility, asked: AskedImage): Promise<void> {
  const { row } = asked;
  deps.opened(row.name);
  const detail = await deps.images.detail(row.name, asked.digest, page.query('platform') || undefined, seen);
  if (detail === undefined) throw notFoundOrHidden();
  const deleteNote = whyNoDelete({ page, readonly: deps.readonly, repository: row });
  const notices = [...indexNotices(deps.indexState(), page), ...movedNotice(asked, page)];
  const loaded = await loadContent(deps, detail, page.query('tab'));
  const { host } = deps;
  await page.render('image/image', imageView({ page, host, tag: asked.tag, detail, notices, deleteNote, loaded }));
}

/** An address may name the digest that a list showed for the tag; the notice says that the tag has moved since. */
function movedNotice({ row, digest, tag }: AskedImage, page: Page): readonly Notice[] {
  const before = movedFrom(page, digest);
  if (tag === null || before === undefined) return [];
  const text = page.t('image:moved.text', { tag, now: shortDigest(digest), before: shortDigest(before) });
  const links = [
    // A shortened digest cannot be linked to.
    ...(isDigest(before)
      ? [
          {
            text: page.t('image:moved.before', { digest: shortDigest(before) }),
            href: page.url(referencePath(`${row.name}@${before}`)),
          },
        ]
      : []),
    { text: page.t('image:moved.now', { tag }), href: page.urlWith({ digest: null }) },
  ];
  return [{ tone: 'amber', icon: 'alert-triangle', text, percent: null, links }];
}

/** Loads what the current tab needs from the registry; other tabs cause no request. */
async function loadContent(deps: ImagePageDeps, detail: ImageDetail, askedTab: string): Promise<LoadedContent> {
  const tab = chosenTab(detail, askedTab);
  const { repository } = detail;
  const about = [
    ...detail.attestations.map((entry) => entry.digest),
    ...(tab === 'referrers' ? detail.referrers.map((referrer) => referrer.digest) : []),
  ];
  const parts = await deps.images.partsOf(repository, about.slice(0, MAX_ABOUT));
  const listed = tab === 'referrers' ? detail.referrers.flatMap(({ digest }) => parts.get(digest) ?? []) : [];
  const known = await deps.documents.glance(repository, listed.slice(0, MAX_ABOUT));
  const documents = needsContent(tab) ? await deps.documents.read(repository, contentParts(detail.content)) : [];
  return { documents, parts, known };
}

const MAX_ABOUT = 100;
