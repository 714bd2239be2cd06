/** The layers of one image as bar and rows: the steps of the history with the size of each. */
import type { DockerfileStep, ImageContent, LayerRow } from '../../catalog/images/image.ts';
import { shortDigest } from '../parts/cells.ts';
import { maskedText, secretParts, type TextPart } from '../parts/secrets.ts';
import type { Page } from '../shell/page.ts';

type LayerPage = Pick<Page, 't' | 'format'>;

const FILE_SYSTEM_LAYER = /^application\/vnd\.(oci\.image\.layer|docker\.image\.rootfs)\b/;

export interface LayerPart {
  readonly share: number;
  readonly step: number;
  readonly label: string;
}

export interface LayerCells {
  readonly instruction: string;
  readonly text: string;
  readonly digest: string;
  /** Colour step, 1 to 5; null for a step that created no layer. */
  readonly step: number | null;
  readonly sizeBytes: number | null;
  readonly share: string;
  /** Shown instead of a size for layers stored outside of registries (Windows); '' for all others. */
  readonly keptAt: string;
  readonly sharedWith: string;
  /** The list of other images with this layer; null without any. */
  readonly sharedHref: string | null;
}

/** Five shades of one colour, repeated, so that neighbours always differ. */
function rampStep(index: number): number {
  return (index % 5) + 1;
}

/** The parts of the bar; layers of unknown or no size are left out. */
export function layerBar(content: ImageContent | undefined, { format }: LayerPage): readonly LayerPart[] {
  const layers = content?.layers ?? [];
  return layers
    .map((layer, index) => ({ layer, step: rampStep(index) }))
    .filter(({ layer }) => layer.share > 0)
    .map(({ layer, step }) => ({
      share: layer.share,
      step,
      label: `${layerTitle(layer)} ${format.bytes(layer.sizeBytes)}`,
    }));
}

function layerTitle({ command, annotations, digest }: LayerRow): string {
  const title = annotations['org.opencontainers.image.title'];
  const said = command === undefined ? '' : maskedText(`${command.instruction} ${command.text}`.trim().slice(0, 400));
  return said.slice(0, 120) || (title ?? shortDigest(digest));
}

/** The steps of the history in order, each with its layer; layers without a step follow. */
export function layerCells(
  content: ImageContent | undefined,
  page: LayerPage,
  layerHref: (digest: string) => string,
): readonly LayerCells[] {
  if (content === undefined) return [];
  const context = { ...page, layerHref };
  const told = new Set(content.dockerfile.map((step) => step.layer));
  const steps = content.dockerfile.map((step) => stepCells(step, content, context));
  const untold = content.layers.flatMap((layer, index) => (told.has(index) ? [] : [plainLayer(layer, index, context)]));
  return [...steps, ...untold];
}

type LayerContext = LayerPage & { readonly layerHref: (digest: string) => string };

function stepCells(step: DockerfileStep, content: ImageContent, page: LayerContext): LayerCells {
  const layer = step.layer === undefined ? undefined : content.layers[step.layer];
  const { instruction } = step;
  const text = maskedText(step.text);
  if (layer === undefined)
    return {
      instruction,
      text,
      digest: '',
      step: null,
      sizeBytes: null,
      share: '',
      keptAt: '',
      sharedWith: '',
      sharedHref: null,
    };
  return plainLayer({ ...layer, command: step }, step.layer ?? 0, page);
}

function plainLayer(layer: LayerRow, index: number, { t, format, layerHref }: LayerContext): LayerCells {
  return {
    instruction: layer.command?.instruction ?? '',
    text: maskedText(layer.command?.text ?? '') || plainTitle(layer),
    digest: layer.digest,
    step: rampStep(index),
    sizeBytes: isUnknownSize(layer) ? null : layer.sizeBytes,
    share: layer.keptAt === '' && !isUnknownSize(layer) ? format.percent(layer.share) : '',
    keptAt: keptText(layer, { t, format }),
    sharedWith: layer.keptAt === '' ? sharedText(layer, { t, format }) : '',
    sharedHref: layer.alsoIn === 0 && !layer.alsoInMore ? null : layerHref(layer.digest),
  };
}

/** Manifests of schema 1 do not contain sizes; real layers are never empty. */
const isUnknownSize = ({ sizeBytes, keptAt }: LayerRow) => sizeBytes === 0 && keptAt === '';

function keptText({ keptAt, keptBytes }: LayerRow, { t, format }: LayerPage): string {
  return keptAt === '' ? '' : t('image:layer.kept_at', { host: keptAt, size: format.bytes(keptBytes) });
}

function sharedText({ alsoIn, alsoInMore }: LayerRow, { t, format }: LayerPage): string {
  if (alsoIn === 0) return alsoInMore ? t('image:layer.shared_somewhere') : t('parts:image.only_here');
  const formatted = `${format.number(alsoIn)}${alsoInMore ? '+' : ''}`;
  return t('parts:image.also_in', { count: alsoInMore ? Math.max(2, alsoIn) : alsoIn, formatted });
}

/** The file name of an artifact's layer; else the digest, with media types that are not plain file systems. */
function plainTitle({ annotations, digest, mediaType }: LayerRow): string {
  const title = annotations['org.opencontainers.image.title'];
  if (title !== undefined) return title;
  return FILE_SYSTEM_LAYER.test(mediaType) ? shortDigest(digest) : `${shortDigest(digest)} ${mediaType}`;
}

/** Restores line breaks in a command: the history joins its lines, which leaves several spaces at each joint. */
export function dockerfileText({
  instruction,
  text,
}: Pick<DockerfileStep, 'instruction' | 'text'>): readonly TextPart[] {
  return secretParts(instruction === 'RUN' ? text.replaceAll(/\s{2,}/g, ' \\\n    ') : text);
}
