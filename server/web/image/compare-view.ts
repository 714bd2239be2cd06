/** Two images side by side and their differences. */
import { type Change, type ComparedField, type ComparedLayer, compareImages } from '../../catalog/images/compare.ts';
import type { ImageContent, ImageDetail, LayerRow } from '../../catalog/images/image.ts';
import { referencePath, shortDigest } from '../parts/cells.ts';
import { isSecret, maskedText, secretParts, type TextPart } from '../parts/secrets.ts';
import type { Page } from '../shell/page.ts';

type ComparePage = Pick<Page, 't' | 'format' | 'url' | 'urlWith'>;

export interface Side {
  /** As shown on the page: `team/app:v1`. */
  readonly reference: string;
  readonly detail: ImageDetail;
}

export interface SideCells {
  readonly reference: string;
  readonly href: string;
  readonly digest: string;
  readonly shortDigest: string;
  readonly builtAt: number | null;
  readonly pushedAt: number | null;
  readonly size: string;
  readonly layers: string;
}

export interface ComparedCells {
  readonly a: SideCells;
  readonly b: SideCells;
  readonly isSame: boolean;
  readonly platforms: readonly { readonly label: string; readonly href: string; readonly active: boolean }[];
  /** Sentences about platforms that only one of the images has. */
  readonly missing: readonly string[];
  readonly difference: string;
  readonly sums: readonly { readonly label: string; readonly value: string }[];
  readonly layers: readonly LayerPair[];
  readonly sections: readonly FieldSection[];
  /** Why the images cannot be compared; null when they can. */
  readonly problem: string | null;
}

export interface LayerPair {
  readonly change: Change;
  readonly changeText: string;
  readonly instruction: string;
  readonly text: string;
  readonly a: string;
  readonly b: string;
  readonly difference: string;
}

export interface FieldSection {
  readonly title: string;
  readonly rows: readonly FieldPair[];
  readonly sameText: string;
}

export interface FieldPair {
  readonly name: string;
  readonly change: Change;
  readonly changeText: string;
  readonly a: readonly TextPart[];
  readonly b: readonly TextPart[];
}

export function comparedCells(a: Side, b: Side, page: ComparePage): ComparedCells {
  const { t } = page;
  const base = {
    ...{ a: sideCells(a, page), b: sideCells(b, page), ...platformCells(a.detail, b.detail, page) },
    isSame: a.detail.digest === b.detail.digest,
  };
  const [left, right] = [a.detail.content, b.detail.content];
  if (left === undefined || right === undefined)
    return { ...base, difference: '', sums: [], layers: [], sections: [], problem: t('image:compare.unread') };
  const found = compareImages(left, right);
  const { bytes } = found;
  return {
    ...base,
    difference: signed(bytes.b - bytes.a, page),
    sums: [
      { label: t('image:compare.common'), value: page.format.bytes(bytes.common) },
      { label: t('image:compare.only_a'), value: page.format.bytes(bytes.onlyA) },
      { label: t('image:compare.only_b'), value: page.format.bytes(bytes.onlyB) },
    ],
    layers: found.layers.map((pair) => layerPair(pair, page)),
    sections: [
      section(t('image:compare.configuration'), named(found.fields, t), settings, page),
      section(t('parts:config.environment'), found.environment, values, page),
      section(t('parts:image.labels'), found.labels, values, page),
      section(t('parts:image.annotations'), found.annotations, values, page),
    ],
    problem: null,
  };
}

function sideCells({ reference, detail }: Side, { t, format, url }: ComparePage): SideCells {
  const { content } = detail;
  return {
    reference,
    href: url(referencePath(`${detail.repository}@${detail.digest}`)),
    digest: content?.digest ?? detail.digest,
    shortDigest: shortDigest(content?.digest ?? detail.digest),
    builtAt: content?.createdAt ?? detail.createdAt,
    pushedAt: detail.pushedAt,
    // Manifests of schema 1 do not contain sizes.
    size: detail.sizeBytes === 0 ? '–' : format.bytes(content?.sizeBytes ?? detail.sizeBytes),
    layers: t('image:compare.layers', { count: content?.layers.length ?? 0 }),
  };
}

function platformCells(a: ImageDetail, b: ImageDetail, { t, urlWith }: ComparePage) {
  const [ofA, ofB] = [platformNames(a), platformNames(b)];
  const both = ofA.filter((name) => ofB.includes(name));
  const only = (names: readonly string[], others: readonly string[]) => names.filter((name) => !others.includes(name));
  const [onlyA, onlyB] = [only(ofA, ofB).join(', '), only(ofB, ofA).join(', ')];
  const open = a.content?.platform ?? '';
  return {
    platforms: both.map((label) => ({ label, href: urlWith({ platform: label }), active: label === open })),
    missing: [
      ...(onlyA === '' ? [] : [t('image:compare.platforms_only_a', { platforms: onlyA })]),
      ...(onlyB === '' ? [] : [t('image:compare.platforms_only_b', { platforms: onlyB })]),
    ],
  };
}

export function platformNames({ platforms, content }: ImageDetail): readonly string[] {
  const names = platforms.length > 0 ? platforms.map((entry) => entry.platform) : [content?.platform ?? ''];
  return [...new Set(names)].filter((name) => name !== '');
}

function layerPair({ change, a, b }: ComparedLayer, page: ComparePage): LayerPair {
  const { t, format } = page;
  const shown = b ?? a;
  const size = (layer: LayerRow | undefined) => (layer === undefined ? '' : format.bytes(layer.sizeBytes));
  const difference = (b?.sizeBytes ?? 0) - (a?.sizeBytes ?? 0);
  return {
    change,
    changeText: changeText(change, t),
    instruction: shown?.command?.instruction ?? '',
    text: maskedText((shown?.command?.text ?? '').slice(0, 1000)) || layerName(shown),
    a: size(a),
    b: size(b),
    difference: change === 'same' ? '' : signed(difference, page),
  };
}

function layerName(layer: LayerRow | undefined): string {
  return layer?.annotations['org.opencontainers.image.title'] ?? shortDigest(layer?.digest ?? '');
}

function changeText(change: Change, t: Page['t']): string {
  const texts: Record<Change, string> = {
    same: t('image:change.same'),
    changed: t('image:change.changed'),
    removed: t('image:change.removed'),
    added: t('image:change.added'),
  };
  return texts[change];
}

function named(fields: readonly ComparedField[], t: Page['t']): readonly ComparedField[] {
  const names: Readonly<Record<string, string>> = {
    platform: t('image:compare.platform'),
    mediaType: t('parts:column.media_type'),
    author: t('parts:config.author'),
    entrypoint: t('parts:config.entrypoint'),
    cmd: t('parts:config.command'),
    user: t('parts:config.user'),
    workingDir: t('parts:config.working_dir'),
    exposedPorts: t('parts:config.ports'),
    volumes: t('parts:config.volumes'),
    stopSignal: t('parts:config.stop_signal'),
    healthcheck: t('parts:config.healthcheck'),
    shell: t('image:config.shell'),
  };
  return fields.map((field) => ({ ...field, name: names[field.name] ?? field.name }));
}

type Values = Pick<FieldPair, 'a' | 'b'>;

function section(
  title: string,
  fields: readonly ComparedField[],
  shown: (field: ComparedField) => Values,
  { t }: ComparePage,
): FieldSection {
  const different = fields.filter((field) => field.change !== 'same');
  const same = fields.length - different.length;
  return {
    title,
    rows: different.map((field) => {
      const { name, change } = field;
      return { name, change, changeText: changeText(change, t), ...shown(field) };
    }),
    sameText: same === 0 ? '' : t('image:compare.same', { count: same }),
  };
}

/** For commands and similar texts, where only assigned values may be secrets. */
function settings({ a, b }: ComparedField): Values {
  return { a: secretParts(a), b: secretParts(b) };
}

/** When one of the two values is hidden as a secret, so is the other. */
function values({ name, a, b }: ComparedField): Values {
  const hidden = isSecret(name, a) || isSecret(name, b);
  const whole = (text: string) => (text === '' ? [] : [{ text, isSecret: hidden }]);
  return { a: whole(a), b: whole(b) };
}

function signed(bytes: number, { t, format }: ComparePage): string {
  return bytes === 0 ? t('image:compare.equal_size') : format.signedBytes(bytes);
}

/** @returns the asked platform if both have it, else the one shown of `a`, else any common one; undefined without any. */
export function commonPlatform(a: ImageDetail, b: ImageDetail, asked: string): string | undefined {
  const both = platformNames(a).filter((name) => platformNames(b).includes(name));
  return both.find((name) => name === asked) ?? both.find((name) => name === openPlatform(a.content)) ?? both[0];
}

function openPlatform(content: ImageContent | undefined): string {
  return content?.platform ?? '';
}
