/**
 * Cells of list rows as finished text: a list has hundreds of them, so templates neither include a partial nor
 * translate per cell.
 */
import type { Page } from '../shell/page.ts';
import { initials, personTone } from '../shell/person.ts';
import { platformLabel } from './cells.ts';

/** A relative time; a script adds the full time in the reader's time zone as title. */
export interface AgeCell {
  /** With seconds. */
  readonly iso: string;
  readonly text: string;
}

export interface TimeCell extends AgeCell {
  readonly title: string;
}

/** @param ms epoch milliseconds; null and 0 (never) give null */
export function ageCell(ms: number | null, { format }: Pick<Page, 'format'>): AgeCell | null {
  if (ms === null || ms === 0) return null;
  return { iso: format.isoSeconds(ms), text: format.relative(ms) };
}

/** @param ms epoch milliseconds; null and 0 (never) give null */
export function timeCell(ms: number | null, { format }: Pick<Page, 'format'>): TimeCell | null {
  return ms === null || ms === 0
    ? null
    : { iso: format.iso(ms), title: format.dateTime(ms), text: format.relative(ms) };
}

/** For days in the future, shown as dates. */
export function dateCell(ms: number, { format }: Pick<Page, 'format'>): TimeCell {
  return { iso: format.iso(ms), title: format.dateTime(ms), text: format.date(ms) };
}

export interface PersonCell {
  readonly name: string;
  readonly initials: string;
  readonly tone: number;
  readonly confirmed: boolean;
}

/** @returns null when the person is unknown: pushed before events were received, or anonymous. */
export function personCell(name: string | null, confirmed: boolean): PersonCell | null {
  if (name === null || name === '') return null;
  return { name, confirmed, initials: initials(name), tone: personTone(name) };
}

export interface SizeCell {
  readonly text: string;
  readonly title: string;
  /** Lengths in pixels, at most `BAR_WIDTH`: the unique part (null: unknown) and the total. */
  readonly unique: number | null;
  readonly whole: number;
}

const BAR_WIDTH = 72;

interface SizeFacts {
  readonly bytes: number;
  /** null: not known for rows of this kind. */
  readonly uniqueBytes: number | null;
  readonly largest: number;
}

export function sizeCell(
  { bytes, uniqueBytes, largest }: SizeFacts,
  { t, format }: Pick<Page, 't' | 'format'>,
): SizeCell {
  const width = (part: number) =>
    largest <= 0 || part <= 0 ? 0 : Math.max(1, Math.round((BAR_WIDTH * Math.min(part, largest)) / largest));
  const text = format.bytes(bytes);
  if (uniqueBytes === null) return { text, title: text, unique: null, whole: width(bytes) };
  const shared = Math.max(0, bytes - uniqueBytes);
  const title = t('parts:list.size_title', { unique: format.bytes(uniqueBytes), shared: format.bytes(shared) });
  return { text, title, unique: width(Math.min(uniqueBytes, bytes)), whole: width(bytes) };
}

export interface ChipCell {
  readonly text: string;
  /** '' for none. */
  readonly title: string;
}

const CHIPS_SHOWN = 3;

/** Linux is left out; a script adds it to the title. */
function chipOf(platform: string): ChipCell {
  const text = platformLabel(platform);
  return { text, title: text === platform ? platform : '' };
}

/** The first platforms and the number of the others. */
export function platformChips(platforms: readonly string[]): readonly ChipCell[] {
  const known = platforms.filter((platform) => platform !== '' && platform !== 'unknown/unknown');
  const shown = known.slice(0, CHIPS_SHOWN).map((full) => chipOf(full));
  const rest = known.slice(CHIPS_SHOWN);
  return rest.length === 0 ? shown : [...shown, { text: `+${rest.length}`, title: rest.join(', ') }];
}
