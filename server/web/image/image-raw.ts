import type { Response } from 'express';
import { notFoundOrHidden } from '../../access/actor.ts';
import type { Visibility } from '../../catalog/visibility/visibility.ts';
import { referenceOf } from '../parts/reference.ts';
import { findVisible, type ImagePageDeps } from './image-deps.ts';

/** Sends the stored bytes as a download. They are untrusted, so the browser must never render them. */
export async function sendRaw(
  deps: ImagePageDeps,
  seen: Visibility,
  [path = '', what = '']: readonly string[],
  response: Response,
): Promise<void> {
  const reference = referenceOf(path);
  if (!('digest' in reference)) throw notFoundOrHidden();
  const row = await findVisible(deps, seen, reference.repository);
  const detail = await deps.images.detail(row.name, reference.digest);
  const raw = what === 'config' ? detail?.content?.rawConfig : detail?.raw;
  if (detail === undefined || raw === undefined || raw === null) throw notFoundOrHidden();
  const type = what === 'config' ? (detail.content?.configMediaType ?? '') : detail.mediaType;
  response.set({
    'Content-Type': safeType(type),
    'Content-Disposition': `attachment; filename="${what}-${reference.digest.replace(':', '-')}.json"`,
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  response.send(Buffer.from(raw, 'utf8'));
}

/** JSON types of registries are kept; any other type could make a browser execute the content. */
function safeType(type: string): string {
  return /^application\/vnd\.(?:oci|docker|cncf)\.[\w.+-]{1,100}\+(?:json|prettyjws)$/.test(type)
    ? type
    : 'application/octet-stream';
}
