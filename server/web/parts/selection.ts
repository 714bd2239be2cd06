/** Rows that are ticked in the lists of a repository: the form fields, and the bar below the lists. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { isDigest } from '../../registry/documents/reference.ts';
import { listOf } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import { referencePath } from './cells.ts';

/** Tags or manifests in one deletion. */
export const MAX_CHOSEN = 1000;

const list = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform(listOf);

/** `tag`, `image` (with all its tags): `v1@sha256:…`; `manifest`: `sha256:…`. */
export const chosenFields = { tag: list, image: list, manifest: list };

export interface Chosen {
  readonly tags: readonly { readonly name: string; readonly digest: string }[];
  /** `name`: the tag that it was listed with; '' without. */
  readonly images: readonly { readonly name: string; readonly digest: string }[];
  readonly digests: readonly string[];
}

/** @throws {AppError} INVALID for malformed values, which our forms never send. */
export function parseChosen(fields: Readonly<Record<keyof typeof chosenFields, readonly string[]>>): Chosen {
  const chosen = { tags: fields.tag.map(parse), images: fields.image.map(parse), digests: fields.manifest };
  const isTooMuch = Object.values(chosen).some((values) => values.length > MAX_CHOSEN);
  const isNamed = chosen.tags.every(({ name }) => name !== '');
  const digests = [...chosen.tags, ...chosen.images].map(({ digest }) => digest);
  if (isTooMuch || !isNamed || ![...digests, ...chosen.digests].every(isDigest)) {
    throw new AppError('INVALID', 'This form is not complete.', { key: 'form.invalid' });
  }
  return chosen;
}

function parse(text: string): { name: string; digest: string } {
  const at = text.indexOf('@');
  return { name: text.slice(0, Math.max(0, at)), digest: text.slice(at + 1) };
}

export interface SelectionBar {
  readonly action: string;
  /** Texts for the script that counts; `{n}` is the number. */
  readonly rowOne: string;
  readonly rowOther: string;
  readonly tagOne: string | undefined;
  readonly tagOther: string | undefined;
  readonly comma: string;
  /** The texts before and after the number that CSS counts without JavaScript. */
  readonly before: string;
  readonly after: string;
  /** Path of the list, to return to. */
  readonly back: string;
  readonly canCompare: boolean;
  /** Why deleting is disabled; '' when it is not. */
  readonly deleteNote: string;
  readonly chooseAll: string;
  /** Host and repository: the reference up to the `:` or `@`. */
  readonly reference: string;
}

export function countedTexts({ t }: Pick<Page, 't'>): { readonly before: string; readonly after: string } {
  const [before = '', after = ''] = t('parts:list.chosen', { chosen: '#' }).split('#');
  return { before, after };
}

type BarPage = Pick<Page, 't' | 'url' | 'copy'>;

/** @param shows what a row is: an image with its tags, a single tag, or an untagged manifest */
export function selectionBar(
  { t, url, copy }: BarPage,
  repository: string,
  { shows, back, deleteNote }: { shows: 'images' | 'tags' | 'manifests'; back: string; deleteNote: string },
): SelectionBar {
  const words = {
    images: [t('housekeeping:bar.image', { count: 1, n: '{n}' }), t('housekeeping:bar.image', { count: 2, n: '{n}' })],
    tags: [t('housekeeping:bar.tag', { count: 1, n: '{n}' }), t('housekeeping:bar.tag', { count: 2, n: '{n}' })],
    manifests: [
      t('housekeeping:bar.manifest', { count: 1, n: '{n}' }),
      t('housekeeping:bar.manifest', { count: 2, n: '{n}' }),
    ],
  } as const;
  const [rowOne = '', rowOther = ''] = words[shows];
  const [tagOne, tagOther] = shows === 'images' ? words.tags : [];
  return {
    ...{ rowOne, rowOther, tagOne, tagOther, back, deleteNote },
    action: url(`${referencePath(repository)}/-/selection`),
    reference: `${copy.host}/${repository}`,
    comma: t('housekeeping:bar.comma'),
    ...countedTexts({ t }),
    canCompare: shows !== 'manifests',
    chooseAll: t('housekeeping:bar.all'),
  };
}
