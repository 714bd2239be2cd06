import type { ManifestKind } from '../../storage/schema.ts';
import type { ReferrerKind, Test } from './terms.ts';
import type { Token } from './tokens.ts';
import { parseAge, parseCounts, parseSizes } from './values.ts';
import { type FoundTests, nameTest, singleTest, wholeName } from './words.ts';

type Read = (token: Token) => Test | undefined;

export const SEARCHED_KINDS = [
  'image',
  'index',
  'helm',
  'signature',
  'sbom',
  'attestation',
  'artifact',
] as const satisfies readonly ManifestKind[];
export const REFERRER_KINDS = ['signature', 'sbom', 'attestation'] as const satisfies readonly ReferrerKind[];

const isKind = (text: string): text is (typeof SEARCHED_KINDS)[number] =>
  (SEARCHED_KINDS as readonly string[]).includes(text);
const isReferrerKind = (text: string): text is ReferrerKind => (REFERRER_KINDS as readonly string[]).includes(text);

const aged =
  (on: 'pushed' | 'pulled', isBefore: boolean): Read =>
  ({ value }) => {
    const age = parseAge(value);
    return age && { on, isBefore, age };
  };

/** All operators, also for the help of the search page and suggestions. */
export const OPERATORS: Readonly<Record<string, Read>> = {
  repo: (token) => (token.value === '' ? undefined : { on: 'repository', text: nameTest(token) }),
  tag: (token) => (token.value === '' ? undefined : { on: 'tag', text: wholeName(token) }),
  digest: digestTest,
  folder: ({ value }) => {
    const path = value.replace(/^\/+|\/+$/g, '');
    return path === '' ? undefined : { on: 'folder', path };
  },
  label: labelTest,
  annotation: labelTest,
  by: pusherTest,
  'pushed-by': pusherTest,
  older: aged('pushed', true),
  newer: aged('pushed', false),
  'pulled-older': aged('pulled', true),
  size({ value }) {
    const range = parseSizes(value);
    return range && { on: 'size', range };
  },
  pulls({ value }) {
    const range = parseCounts(value);
    return range && { on: 'pulls', range };
  },
  arch: ({ value }) => platformTest('', value, ''),
  os: ({ value }) => platformTest(value, '', ''),
  platform({ value }) {
    const [os = '', architecture = '', ...variant] = value.split('/');
    return platformTest(os, architecture, variant.join('/'));
  },
  type: ({ value }) => {
    const kind = value.toLowerCase();
    return isKind(kind) ? { on: 'kind', kind } : undefined;
  },
  never: ({ value }) => (value.toLowerCase() === 'pulled' ? { on: 'pulls', range: { min: null, max: 0 } } : undefined),
  is: ({ value }) => (value.toLowerCase() === 'untagged' ? { on: 'untagged' } : undefined),
  has: ({ value }) => {
    const kind = value.toLowerCase();
    return isReferrerKind(kind) ? { on: 'referrer', kind } : undefined;
  },
};

/** @returns undefined for an unknown operator. */
export function operatorTest(token: Token): FoundTests | undefined {
  if (!Object.hasOwn(OPERATORS, token.name)) return undefined;
  const test = OPERATORS[token.name]?.(token);
  return test === undefined ? { terms: [], note: 'malformed' } : singleTest(test, token);
}

function pusherTest(token: Token): Test | undefined {
  return token.value === '' ? undefined : { on: 'pusher', text: wholeName(token) };
}

/** With the name of the algorithm one digit is enough, without it four. */
function digestTest({ value }: Token): Test | undefined {
  const [, algorithm = 'sha256', short = '', bare = ''] =
    /^(?:(sha256|sha512):([0-9a-f]{1,128})|([0-9a-f]{4,128}))$/i.exec(value) ?? [];
  const hex = short || bare;
  return hex === '' ? undefined : { on: 'digest', prefix: `${algorithm}:${hex}`.toLowerCase() };
}

function labelTest({ value, isQuoted }: Token): Test | undefined {
  const [, key = '', mark, wanted = ''] = /^([^=]+)(?:(=)(.*))?$/s.exec(value) ?? [];
  if (key === '') return undefined;
  return { on: 'label', key, value: mark === undefined ? null : wholeName({ value: wanted, isQuoted }) };
}

function platformTest(os: string, architecture: string, variant: string): Test | undefined {
  const parts = [os, architecture, variant].map((part) => part.toLowerCase());
  if (parts.join('') === '' || parts.some((part) => !/^[\w./-]*$/.test(part))) return undefined;
  const [system = '', machine = '', kind = ''] = parts;
  return { on: 'platform', os: system, architecture: ALIASES[machine] ?? machine, variant: kind };
}

/** Names that `uname -m` prints. */
const ALIASES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', x86: '386', i386: '386' };
