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
import type { ImpersonalPage, Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { contentParts } from './content-parts.ts';
import { findVisible, type ImagePageDeps } from './image-deps.ts';
import { sendRaw } from './image-raw.ts';
import { chosenTab, needsContent } from './image-tabs.ts';
import { type ImageView, imageView } from './image-view.ts';
import { showLayer } from './layer.ts';
import type { LoadedContent } from './loaded-content.ts';

/** Repositories, tags and digests share one route, because the address is the reference. */
export function imagePage(deps: ImagePageDeps): PageModule {
  return (routes) => {
    routes.get(REFERENCE_ROUTE, 'browse', async (page, request) => {
      const reference = referenceOf(request.params[0] ?? '');
      if ('digest' in reference || 'tag' in reference) await showReference(deps, page, reference);
      else await showRepository(deps, page, reference.repository);
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

async function showRepository(deps: ImagePageDeps, page: Page, name: string): Promise<void> {
  const find = async (impersonal: ImpersonalPage) => deps.repositories.find(await seenBy(deps, impersonal), name);
  if (!(await showTags(deps, page, { name, find }))) await showGone(deps, page, name);
}

function seenBy(deps: ImagePageDeps, { viewer, origin }: ImpersonalPage): Promise<Visibility> {
  return deps.visibility.of(viewer.rights, origin.address);
}

type ImageReference = Extract<Reference, { readonly tag: string } | { readonly digest: string }>;

async function showReference(deps: ImagePageDeps, page: Page, reference: ImageReference): Promise<void> {
  await page.renderShared('image/image', {
    build: async (impersonal) => {
      const seen = await seenBy(deps, impersonal);
      return buildImage(deps, impersonal, seen, await findImage(deps, seen, reference));
    },
    // A tab of content is read from the registry, which may answer the next time.
    isCacheable: ({ tab }) => !needsContent(tab),
  });
  deps.opened(reference.repository);
}

interface AskedImage {
  readonly row: RepositoryRow;
  readonly digest: string;
  readonly tag: string | null;
}

async function findImage(deps: ImagePageDeps, seen: Visibility, reference: ImageReference): Promise<AskedImage> {
  const row = await findVisible(deps, seen, reference.repository);
  if ('digest' in reference) return { row, digest: reference.digest, tag: null };
  const found = await deps.tags.resolve(row.id, reference.tag);
  if (found === undefined) throw notFoundOrHidden();
  return { row, digest: found.digest, tag: reference.tag };
}

async function buildImage(
  deps: ImagePageDeps,
  page: ImpersonalPage,
  seen: Visibility,
  asked: AskedImage,
): Promise<ImageView> {
  const { row, digest, tag } = asked;
  const { host } = deps;
  const detail = await deps.images.detail(row.name, digest, page.query('platform') || undefined, seen);
  if (detail === undefined) throw notFoundOrHidden();
  const deleteNote = whyNoDelete({ page, readonly: deps.readonly, repository: row });
  const notices = [...indexNotices(deps.indexState(), page), ...movedNotice(asked, page)];
  const loaded = await loadContent(deps, detail, page.query('tab'));
  return imageView({ page, host, tag, detail, notices, deleteNote, loaded });
}

/** An address may name the digest that a list showed for the tag; the notice says that the tag has moved since. */
function movedNotice({ row, digest, tag }: AskedImage, page: ImpersonalPage): readonly Notice[] {
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
