import type { ImageContent } from '../../catalog/images/image.ts';
import type { DocumentPart } from '../../catalog/manifests/documents.ts';

const EMPTY_CONFIG = 'application/vnd.oci.empty.v1+json';
const TEXT = /[/+](?:json|yaml|x-yaml|toml|xml|plain|markdown)\b|^text\//;
const MAX_BYTES = 1024 * 1024;

/** The parts that an artifact page shows: all layers of known kinds; of other artifacts configuration and small texts. */
export function contentParts(content: ImageContent | undefined): readonly DocumentPart[] {
  if (content === undefined) return [];
  if (content.kind !== 'artifact') return content.layers;
  return [...configParts(content), ...content.layers].filter(
    ({ mediaType, sizeBytes }) => TEXT.test(mediaType) && sizeBytes <= MAX_BYTES && mediaType !== EMPTY_CONFIG,
  );
}

/** Without the empty configuration `{}`, which has two bytes. */
function configParts({ configDigest, configMediaType, configBytes }: ImageContent): readonly DocumentPart[] {
  if (configDigest === null || configBytes <= 2) return [];
  return [{ digest: configDigest, mediaType: configMediaType, sizeBytes: configBytes, annotations: {} }];
}
