import type { NameTest } from '../names/name-search.ts';
import { hasWildcard } from '../names/search-glob.ts';
import type { Note, Test } from './terms.ts';
import type { Token } from './tokens.ts';

/** What a piece of text asks for; several tests where it names several things at once. */
export interface FoundTests {
  readonly terms: readonly { readonly test: Test; readonly token: Token }[];
  readonly note?: Note['problem'] | undefined;
}

const DIGEST = /^(sha256|sha512):([0-9a-f]*)$/i;
// A repository with a tag or digest behind it, or with the wildcards of one.
const REFERENCE = /^([a-z0-9][a-z0-9._/*?-]*)(?::([\w.*?[\]!-]*)|@(sha(?:256|512):[0-9a-f]{0,128}))$/i;

/** A word without an operator: a digest, a reference, or something to look for everywhere. */
export function wordTests(token: Token): FoundTests {
  const { value, isQuoted } = token;
  if (!isQuoted && DIGEST.test(value)) return one({ on: 'digest', prefix: value.toLowerCase() }, token);
  const reference = isQuoted ? null : REFERENCE.exec(value);
  if (reference !== null) return token.isNegated ? { terms: [], note: 'malformed' } : referenceTests(token, reference);
  return one({ on: 'anything', text: nameTest(token) }, token);
}

function referenceTests(token: Token, [, repository = '', tag = '', digest = '']: RegExpExecArray): FoundTests {
  const named = { ...token, name: 'repo', value: repository };
  const terms: FoundTests['terms'][number][] = [{ test: { on: 'repository', text: nameTest(named) }, token: named }];
  if (tag !== '') {
    const tagged = { ...token, name: 'tag', value: tag };
    terms.push({ test: { on: 'tag', text: wholeName(tagged) }, token: tagged });
  }
  // Without a digit behind it, it says nothing yet.
  if (digest !== '' && !digest.endsWith(':')) {
    const prefix = digest.toLowerCase();
    terms.push({ test: { on: 'digest', prefix }, token: { ...token, name: 'digest', value: prefix } });
  }
  return { terms };
}

export function one(test: Test, token: Token): FoundTests {
  return { terms: [{ test, token }] };
}

/** Part of a name, or with wildcards the whole of it. */
export function nameTest({ value, isQuoted }: Pick<Token, 'value' | 'isQuoted'>): NameTest {
  return { kind: !isQuoted && hasWildcard(value) ? 'glob' : 'part', text: value };
}

/** The whole name, wildcards or not. */
export function wholeName({ value, isQuoted }: Pick<Token, 'value' | 'isQuoted'>): NameTest {
  return !isQuoted && hasWildcard(value) ? { kind: 'glob', text: value } : { kind: 'whole', text: value };
}
