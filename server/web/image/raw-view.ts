/** The raw documents of an image: its manifest, the index that lists it, its configuration. */
import type { ImageDetail } from '../../catalog/images/image.ts';
import { referencePath } from '../parts/cells.ts';
import { type JsonView, jsonView } from '../parts/json-view.ts';
import type { Page } from '../shell/page.ts';

type RawPage = Pick<Page, 't' | 'url' | 'urlWith' | 'query'>;

export interface RawCells {
  readonly choices: readonly { readonly text: string; readonly href: string; readonly current: boolean }[];
  readonly json: JsonView;
  readonly digest: string;
  readonly downloadHref: string;
  readonly downloadText: string;
}

interface RawSource {
  readonly id: 'manifest' | 'index' | 'config';
  readonly text: string;
  readonly raw: string | null;
  readonly digest: string;
  /** Digest of the manifest below whose address the bytes can be downloaded. */
  readonly of: string;
}

/** @returns null when no document of the image is stored. */
export function rawCells(detail: ImageDetail, page: RawPage): RawCells | null {
  const { t, url, urlWith, query } = page;
  const sources = rawSources(detail, t).filter((source) => source.raw !== null);
  const chosen = sources.find((source) => source.id === query('raw')) ?? sources[0];
  if (chosen === undefined) return null;
  const below = `${referencePath(`${detail.repository}@${chosen.of}`)}/-/${chosen.id === 'config' ? 'config' : 'manifest'}`;
  const isConfig = chosen.id === 'config';
  return {
    choices: sources.map(({ id, text }) => ({ text, href: urlWith({ raw: id }), current: id === chosen.id })),
    json: jsonView(chosen.raw ?? ''),
    digest: chosen.digest,
    downloadHref: url(below),
    downloadText: isConfig ? t('parts:image.download_config') : t('parts:image.download_manifest'),
  };
}

function rawSources({ content, kind, raw, digest }: ImageDetail, t: Page['t']): readonly RawSource[] {
  const index = { id: 'index' as const, text: t('image:raw.index'), raw, digest, of: digest };
  const own = { id: 'manifest' as const, text: t('image:raw.manifest'), raw, digest, of: digest };
  if (content === undefined) return [kind === 'index' ? index : own];
  const config = {
    ...{ id: 'config' as const, text: t('image:raw.config'), raw: content.rawConfig },
    ...{ digest: content.configDigest ?? '', of: content.digest },
  };
  const manifest = { ...own, raw: content.raw, digest: content.digest, of: content.digest };
  return [manifest, ...(kind === 'index' ? [index] : []), config];
}
