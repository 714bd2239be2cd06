import { randomBytes } from 'node:crypto';
import { escapeHtml } from './escape-html.ts';
import { initials, personTone } from './person.ts';

/**
 * What differs between two people who may see the same page. `name` stands inside of `<main>`, `me`, `tone` and `initials`
 * around it.
 */
const HOLES = ['csrf', 'name', 'me', 'tone', 'initials', 'askedAt', 'hash'] as const;
export type Hole = (typeof HOLES)[number];

export type Marks = Readonly<Record<Hole, string>>;

/** A text with holes: one more text than holes. */
export interface Pieces {
  readonly texts: readonly string[];
  /** The same in UTF-8. */
  readonly bytes: readonly Buffer[];
  readonly holes: readonly Hole[];
}

export interface Holes {
  /** Drawn where the value belongs. Letters and digits only, so that no escaping changes them. */
  readonly marks: Marks;
  readonly split: (text: string) => Pieces;
}

/** Marks are random and never leave the server: content that people write cannot ask for somebody's form token. */
export function createHoles(random = randomBytes(12).toString('hex')): Holes {
  const mark = (hole: Hole) => `hole${random}${HOLES.indexOf(hole)}`;
  const pattern = new RegExp(`hole${random}(\\d)`);
  return {
    marks: Object.fromEntries(HOLES.map((hole) => [hole, mark(hole)])) as Record<Hole, string>,
    split(text) {
      const parts = text.split(pattern);
      const texts = parts.filter((_, index) => index % 2 === 0);
      return {
        texts,
        bytes: texts.map((each) => Buffer.from(each, 'utf8')),
        holes: parts.filter((_, index) => index % 2 === 1).map((index) => HOLES[Number(index)] ?? 'name'),
      };
    },
  };
}

export type HoleValues = Readonly<Partial<Record<Hole, string>>>;

/** @param values Finished HTML; a hole without a value stays empty. */
export function fill({ texts, holes }: Pieces, values: HoleValues): string {
  let text = texts[0] ?? '';
  for (let index = 0; index < holes.length; index += 1) {
    text += values[holes[index] as Hole] ?? '';
    text += texts[index + 1] ?? '';
  }
  return text;
}

/** As `fill`, in UTF-8: what never changes is not encoded again. */
export function fillBytes({ bytes, holes }: Pieces, values: HoleValues): Buffer {
  const filled = holes.flatMap((hole, index) => [Buffer.from(values[hole] ?? '', 'utf8'), bytes[index + 1] as Buffer]);
  return Buffer.concat([bytes[0] as Buffer, ...filled]);
}

/** @param name '' for who has not signed in. */
export function personValues(name: string): HoleValues {
  const escaped = escapeHtml(name);
  return { name: escaped, me: escaped, tone: String(personTone(name)), initials: escapeHtml(initials(name)) };
}
