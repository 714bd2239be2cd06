import type { Response } from 'express';
import type { ImageDetail } from '../../catalog/image.ts';
import type { RepositoryRow } from '../../catalog/repositories.ts';
import type { Visibility, VisibilityStore } from '../../catalog/visibility.ts';
import { whyNoDelete } from '../browse/delete-right.ts';
import { imageView } from '../browse/image-view.ts';
import { indexNotices } from '../browse/notices.ts';
import { hidden, RAW_ROUTE, REFERENCE_ROUTE, referenceOf } from '../browse/reference.ts';
import type { Page } from '../page.ts';
import type { PageModule } from '../routes.ts';
import { type RepositoryPageDeps, showRepository } from './repository.ts';

export interface ImagePageDeps extends RepositoryPageDeps {
  readonly visibility: VisibilityStore;
  readonly images: ImageReader;
}

/** `createImages` of `catalog/`. */
export interface ImageReader {
  /** @param platform `os/arch[/variant]` or the digest of a child; the first one when it is missing or unknown. */
  readonly detail: (repository: string, digest: string, platform?: string) => Promise<ImageDetail | undefined>;
}

/** The address of a repository, a tag or a digest is its reference, so one route serves all three. */
export function imagePage(deps: ImagePageDeps): PageModule {
  return (routes) => {
    routes.get(REFERENCE_ROUTE, 'browse', async (page, request) => {
      const reference = referenceOf(request.params[0] ?? '');
      const seen = await deps.visibility.of(page.viewer.rights, page.origin.address);
      if ('digest' in reference) await showImage(deps, page, seen, { ...reference, tag: null });
      else if ('tag' in reference) await showTag(deps, page, seen, reference);
      else await showRepository(deps, page, seen, reference.repository);
    });
    routes.get(RAW_ROUTE, 'browse', async (page, request, response) => {
      const seen = await deps.visibility.of(page.viewer.rights, page.origin.address);
      await sendRaw(deps, seen, [request.params[0] ?? '', request.params[1] ?? ''], response);
    });
  };
}

async function showTag(
  deps: ImagePageDeps,
  page: Page,
  seen: Visibility,
  { repository, tag }: { repository: string; tag: string },
): Promise<void> {
  const row = await findVisible(deps, seen, repository);
  const found = await deps.tags.resolve(row.id, tag);
  if (found === undefined) throw hidden();
  await showImage(deps, page, seen, { repository, digest: found.digest, tag });
}

interface AskedImage {
  readonly repository: string;
  readonly digest: string;
  readonly tag: string | null;
}

async function showImage(deps: ImagePageDeps, page: Page, seen: Visibility, asked: AskedImage): Promise<void> {
  const row = await findVisible(deps, seen, asked.repository);
  const detail = await deps.images.detail(row.name, asked.digest, page.query('platform') || undefined);
  if (detail === undefined) throw hidden();
  const deleteNote = whyNoDelete({ page, readonly: deps.readonly, repository: row });
  const notices = indexNotices(deps.indexState(), page);
  await page.render('image', imageView({ page, host: deps.host, tag: asked.tag, detail, notices, deleteNote }));
}

async function findVisible(deps: ImagePageDeps, seen: Visibility, name: string): Promise<RepositoryRow> {
  const row = await deps.repositories.find(seen, name);
  if (row === undefined) throw hidden();
  return row;
}

/** The bytes as the registry has them. They are a stranger's: never shown by the browser, only saved. */
async function sendRaw(
  deps: ImagePageDeps,
  seen: Visibility,
  [path = '', what = '']: readonly string[],
  response: Response,
): Promise<void> {
  const reference = referenceOf(path);
  if (!('digest' in reference)) throw hidden();
  const row = await findVisible(deps, seen, reference.repository);
  const detail = await deps.images.detail(row.name, reference.digest);
  const raw = what === 'config' ? detail?.content?.rawConfig : detail?.raw;
  if (raw === undefined || raw === null) throw hidden();
  response.set({
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${what}-${reference.digest.replace(':', '-')}.json"`,
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  response.send(Buffer.from(raw, 'utf8'));
}
