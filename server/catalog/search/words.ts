import type { NameTest } from '../names/name-search.ts';
import { hasWildcard } from '../names/search-glob.ts';
import type { Note, Test } from './terms.ts';
import type { Token } from './tokens.ts';

/** Tests for a piece of text; several if it names several things. */
export interface FoundTests {
  readonly terms: readonly { readonly test: Test; readonly token: Token }[];
  readonly note?: Note['problem'] | undefined;
}

const DIGEST = /^(sha256|sha512):([0-9a-f]*)$/i;
// A repository followed by a tag, a digest, or wildcards for one.
const REFERENCE = /^([a-z0-9][a-z0-9._/*?-]*)(?::([\w.*?[\]!-]*)|@(sha(?:256|512):[0-9a-f]{0,128}))$/i;

/** Tests for a word without operator: a digest, a reference, or text to search everywhere. */
export function wordTests(token: Token): FoundTests {
  const { value, isQuoted } = token;
  if (!isQuoted && DIGEST.test(value)) return singleTest({ on: 'digest', prefix: value.toLowerCase() }, token);
  const reference = isQuoted ? null : REFERENCE.exec(value);
  if (reference !== null) return token.isNegated ? { terms: [], note: 'malformed' } : referenceTests(token, reference);
  return singleTest({ on: 'anything', text: nameTest(token) }, token);
}

function referenceTests(token: Token, [, repository = '', tag = '', digest = '']: RegExpExecArray): FoundTests {
  const named = { ...token, name: 'repo', value: repository };
  const terms: FoundTests['terms'][number][] = [{ test: { on: 'repository', text: nameTest(named) }, token: named }];
  if (tag !== '') {
    const tagged = { ...token, name: 'tag', value: tag };
    terms.push({ test: { on: 'tag', text: wholeName(tagged) }, token: tagged });
  }
  // Without a digit it does not restrict anything.
  if (digest !== '' && !digest.endsWith(':')) {
    const prefix = digest.toLowerCase();
    terms.push({ test: { on: 'digest', prefix }, token: { ...token, name: 'digest', value: prefix } });
  }
  return { terms };
}

export function singleTest(test: Test, token: Token): FoundTests {
  return { terms: [{ test, token }] };
}

/** Matches a part of a name; with wildcards the whole name. */
export function nameTest({ value, isQuoted }: Pick<Token, 'value' | 'isQuoted'>): NameTest {
  return { kind: !isQuoted && hasWildcard(value) ? 'glob' : 'part', text: value };
}

/** Matches the whole name, with or without wildcards. */
export function wholeName({ value, isQuoted }: Pick<Token, 'value' | 'isQuoted'>): NameTest {
  return !isQuoted && hasWildcard(value) ? { kind: 'glob', text: value } : { kind: 'whole', text: value };
}
