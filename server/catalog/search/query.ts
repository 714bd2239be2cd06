/**
 * Parses the text of the search box into terms. Pure, never throws: unreadable parts are left out and reported as
 * notes. Words match everywhere, `operator:value` in one place, `-` negates.
 */
import { operatorTest } from './operators.ts';
import type { Note, Term } from './terms.ts';
import { printToken, type Token, tokenize } from './tokens.ts';
import { wordTests } from './words.ts';

export interface SearchQuery {
  readonly terms: readonly Term[];
  readonly notes: readonly Note[];
}

export const MAX_QUERY_LENGTH = 1000;
export const MAX_TERMS = 20;
const MAX_NOTES = 10;
/** More wildcards are of no use and slow to compare. */
const MAX_WILDCARDS = 8;

/** Never throws; texts beyond the limits are cut, with a note. */
export function parseQuery(text: string): SearchQuery {
  const notes: Note[] = [];
  const clean = cleaned(text);
  if (clean.length > MAX_QUERY_LENGTH) notes.push({ problem: 'too_long', params: { most: MAX_QUERY_LENGTH } });
  const terms: Term[] = [];
  let length = 0;
  for (const token of tokenize(withoutHalves(clean.slice(0, MAX_QUERY_LENGTH)))) {
    for (const term of termsOf(token, notes)) {
      if (terms.some((known) => known.text === term.text)) continue;
      length += term.text.length + (terms.length === 0 ? 0 : 1);
      if (terms.length === MAX_TERMS || length > MAX_QUERY_LENGTH)
        return { terms, notes: [...notes.slice(0, MAX_NOTES), tooMany()] };
      terms.push(term);
    }
  }
  return { terms, notes: notes.slice(0, MAX_NOTES) };
}

/** Inverse of `parseQuery`. */
export function printQuery({ terms }: Pick<SearchQuery, 'terms'>): string {
  return terms.map((term) => term.text).join(' ');
}

/** Cut first, so that long texts cost nothing. */
function cleaned(text: string): string {
  return text
    .slice(0, 4 * MAX_QUERY_LENGTH)
    .replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ')
    .trim();
}

function withoutHalves(text: string): string {
  return text.replace(/\p{Cs}/gu, '');
}

function tooMany(): Note {
  return { problem: 'too_many', params: { most: MAX_TERMS } };
}

function termsOf(token: Token, notes: Note[]): readonly Term[] {
  if (wildcards(token) > MAX_WILDCARDS) {
    notes.push({ problem: 'too_wild', params: { text: shortened(printToken(token)), most: MAX_WILDCARDS } });
    return [];
  }
  const found = token.name === '' ? wordTests(token) : (operatorTest(token) ?? unknownOperator(token));
  if ('note' in found && found.note !== undefined) notes.push({ problem: found.note, params: paramsOf(token) });
  return found.terms.map(({ test, token: printed }) => ({
    isNegated: token.isNegated,
    test,
    text: printToken({ ...printed, isNegated: token.isNegated }),
  }));
}

/** `nginx:1.25` looks like an operator but is a reference. */
function unknownOperator(token: Token): ReturnType<typeof wordTests> {
  if (token.value === '' || token.isQuoted || token.isNegated) return { terms: [], note: 'unknown' };
  const value = `${token.name}:${token.value}`;
  const found = wordTests({ ...token, name: '', value });
  if (found.terms.length > 1) return { ...found, note: 'as_reference' };
  // Quoted, because otherwise it would be parsed as an operator again.
  return { ...wordTests({ ...token, name: '', value, isQuoted: true }), note: 'unknown' };
}

function paramsOf(token: Token): Note['params'] {
  return { name: token.name, text: shortened(printToken(token)) };
}

function shortened(text: string): string {
  return text.length > 60 ? `${[...text].slice(0, 60).join('')}…` : text;
}

function wildcards({ value, isQuoted }: Token): number {
  return isQuoted ? 0 : (value.match(/[*?[]/g)?.length ?? 0);
}
