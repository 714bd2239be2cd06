/** Recognises commands in typed text, in every language. */
import type { Page } from '../shell/page.ts';

type Words = Pick<Page, 'everywhere'>;

/** Commands that need an object: a tag, a repository or a person. */
export const VERBS = ['copy', 'delete', 'compare', 'refresh', 'events', 'grant'] as const;
export type Verb = (typeof VERBS)[number];

/** The phrases of a command in all languages, of texts like `copy pull command|copy|pull`; the first fills the input. */
export function phrasesOf(verb: Verb, { everywhere }: Words): readonly string[] {
  const texts: Record<Verb, () => readonly string[]> = {
    copy: () => everywhere('search:verb.copy'),
    delete: () => everywhere('search:verb.delete'),
    compare: () => everywhere('search:verb.compare'),
    refresh: () => everywhere('search:verb.refresh'),
    events: () => everywhere('search:verb.events'),
    grant: () => everywhere('search:verb.grant'),
  };
  return texts[verb]().flatMap((text) => text.split('|'));
}

export interface TypedCommand {
  readonly verb: Verb;
  /** The typed phrase with the blank behind it: `delete tag `, `删除`. */
  readonly start: string;
  readonly rest: string;
}

/** Finds the longest phrase that the text begins with; Chinese needs no blank behind it. */
export function parseCommand(text: string, words: Words): TypedCommand | undefined {
  const typed = text.trimStart();
  const all = VERBS.flatMap((verb) => phrasesOf(verb, words).map((phrase) => ({ verb, phrase })));
  const begun = all.filter(({ phrase }) => isBegun(typed, phrase));
  const best = begun.sort((one, other) => other.phrase.length - one.phrase.length)[0];
  if (best === undefined) return undefined;
  const rest = typed.slice(best.phrase.length).trimStart();
  return { verb: best.verb, start: typed.slice(0, typed.length - rest.length), rest };
}

function isBegun(typed: string, phrase: string): boolean {
  if (typed.slice(0, phrase.length).toLowerCase() !== phrase) return false;
  const next = typed[phrase.length];
  return next === undefined ? false : /\s/.test(next) || !/^[\x20-\x7e]+$/.test(phrase);
}

/** Whether every typed word begins a word of the phrases, or is part of one in languages without blanks. */
export function matchesPhrases(text: string, phrases: readonly string[]): boolean {
  const known = ` ${phrases.join(' ').toLowerCase().replaceAll('|', ' ')}`;
  const words = text
    .toLowerCase()
    .split(/[\s|]+/)
    .filter(Boolean);
  return words.length > 0 && words.every((word) => known.includes(/^[\x20-\x7e]/.test(word) ? ` ${word}` : word));
}
