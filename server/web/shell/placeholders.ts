import { randomBytes } from 'node:crypto';
import { escapeHtml } from './escape-html.ts';
import { initials, personTone } from './person.ts';

/**
 * The values that differ between two viewers of a shared page. `name` is used inside `<main>`; `me`, `tone` and `initials`
 * in the frame around it.
 */
const PLACEHOLDERS = ['csrf', 'name', 'me', 'tone', 'initials', 'askedAt', 'hash'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

export type Marks = Readonly<Record<Placeholder, string>>;

/** A text cut at its placeholders: there is one more text than placeholders. */
export interface Pieces {
  /** UTF-8, so that what never changes is encoded once. */
  readonly texts: readonly Buffer[];
  readonly placeholders: readonly Placeholder[];
}

export interface Placeholders {
  /** Rendered in place of the values. Letters and digits only, so that escaping does not change them. */
  readonly marks: Marks;
  readonly split: (text: string) => Pieces;
}

/** Marks are random and never leave the server; so text that a user writes cannot contain the mark of the form token. */
export function createPlaceholders(random = randomBytes(12).toString('hex')): Placeholders {
  const mark = (placeholder: Placeholder) => `placeholder${random}${PLACEHOLDERS.indexOf(placeholder)}`;
  const pattern = new RegExp(`placeholder${random}(\\d)`);
  return {
    marks: Object.fromEntries(PLACEHOLDERS.map((placeholder) => [placeholder, mark(placeholder)])) as Record<
      Placeholder,
      string
    >,
    split(text) {
      const parts = text.split(pattern);
      const texts = parts.filter((_, index) => index % 2 === 0);
      return {
        texts: texts.map((each) => Buffer.from(each, 'utf8')),
        placeholders: parts.filter((_, index) => index % 2 === 1).map((index) => PLACEHOLDERS[Number(index)] ?? 'name'),
      };
    },
  };
}

export type PlaceholderValues = Readonly<Partial<Record<Placeholder, string>>>;

/** @param values Escaped HTML; a placeholder without a value stays empty. @returns UTF-8. */
export function fillPlaceholders({ texts, placeholders }: Pieces, values: PlaceholderValues): Buffer {
  const filled = placeholders.flatMap((placeholder, index) => [
    Buffer.from(values[placeholder] ?? '', 'utf8'),
    texts[index + 1] as Buffer,
  ]);
  return Buffer.concat([texts[0] as Buffer, ...filled]);
}

/** @param name '' for anonymous viewers. @returns escaped HTML. */
export function viewerValues(name: string): PlaceholderValues {
  const escaped = escapeHtml(name);
  return { name: escaped, me: escaped, tone: String(personTone(name)), initials: escapeHtml(initials(name)) };
}
