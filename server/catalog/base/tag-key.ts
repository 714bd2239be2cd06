/**
 * Sort values of tags: compared byte by byte they give the order that people expect of versions, on every engine.
 *
 * `1.9` < `1.10`, `1.0-rc2` < `1.0-rc10` < `1.0` < `1.0.1`, `v1.2` beside `1.2`, `build-9` < `build-10`, `App` beside `app`.
 */

// In byte order. A suffix after a dash sorts before the version itself, as pre-releases in semantic versions.
const BEFORE_RELEASE = '!';
const END = '#';
const SEPARATORS: Readonly<Record<string, string>> = { '.': '$', '-': '%', _: '&' };
// Digits are prefixed with their count, so that longer numbers sort higher: 9 is `19`, 10 is `210`.
const LONG_NUMBER = ':';
// Sorts after letters, which are written unchanged.
const OTHER = '~';

// A tag has at most 128 characters.
const MAX_READ = 256;
const MAX_KEY_LENGTH = 1024;

const TOKENS = /\d+|[a-z]+|[^\da-z]/gu;
// The first dotted number, or any number at the beginning: `1`, `v1.2.3`, `release-1.2`.
const VERSION = /^\d+(?:\.\d+)*(?=-)|(?<![\d.])\d+(?:\.\d+)+(?=-)/u;

/** Sort key of a tag: at most 1024 ASCII characters, different for different tags. */
export function tagKey(name: string): string {
  const folded = name.slice(0, MAX_READ).toLowerCase();
  const text = /^v\d/.test(folded) ? folded.slice(1) : folded;
  const dash = endOfVersion(text);
  const key =
    dash === undefined ? keyOf(text) : `${keyOf(text.slice(0, dash))}${BEFORE_RELEASE}${keyOf(text.slice(dash + 1))}`;
  // The original name decides between tags whose keys would be equal.
  const isWhole = text === name && !/(?<!\d)0\d/.test(name);
  return (isWhole ? `${key}${END}` : `${key}${END}${keyOfEach(name)}`).slice(0, MAX_KEY_LENGTH);
}

/** Index of the dash after the version. */
function endOfVersion(text: string): number | undefined {
  const found = VERSION.exec(text);
  return found === null ? undefined : found.index + found[0].length;
}

function keyOf(text: string): string {
  return (text.match(TOKENS) ?? []).map(keyOfToken).join('');
}

function keyOfToken(token: string): string {
  if (/^\d/.test(token)) return keyOfNumber(token);
  return /^[a-z]/.test(token) ? token : (SEPARATORS[token] ?? escaped(token));
}

function keyOfNumber(digits: string): string {
  const significant = digits.replace(/^0+(?=\d)/, '');
  const { length } = significant;
  return length < 10 ? `${length}${significant}` : `${LONG_NUMBER}${String(length).padStart(3, '0')}${significant}`;
}

function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `${OTHER}${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');
}

function keyOfEach(name: string): string {
  return name.slice(0, MAX_READ).replace(/[^\w.-]/gu, escaped);
}
