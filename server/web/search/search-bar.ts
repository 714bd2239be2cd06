/** The suggestions of the command bar: groups of places to open and of commands. */
import type { ImageHit } from '../../catalog/search/hits.ts';
import type { Suggestion } from '../../catalog/search/suggest.ts';
import { referencePath, shortDigest } from '../parts/cells.ts';
import { userPath } from '../parts/people.ts';
import type { BarItem } from './bar-item.ts';
import { parseCommand } from './command-words.ts';
import { begunCommands, type CommandSources, commandsAbout, commandsHere, type Subject } from './commands-about.ts';
import { type CommandPage, staticCommands } from './commands-static.ts';

export interface BarGroup {
  readonly id: string;
  readonly label: string;
  readonly items: readonly BarItem[];
}

export interface BarSources extends CommandSources {
  /** Keys of labels on images that the viewer sees. */
  readonly labelKeys: () => Promise<readonly string[]>;
  /** Images whose digest begins with these hexadecimal digits. */
  readonly imagesWith: (hex: string) => Promise<readonly ImageHit[]>;
  /** Path and query of the page. */
  readonly from: string;
  /** The object of the page, for commands. */
  readonly here: () => Promise<Subject | undefined>;
}

const MAX_ITEMS = { repositories: 6, tags: 6, images: 5, labels: 4, users: 4, filters: 4 };

/** @param text as typed; a leading `>` limits the result to commands */
export async function barGroups(page: CommandPage, sources: BarSources, text: string): Promise<readonly BarGroup[]> {
  const [, sign = '', asked = ''] = /^\s*(>?)(.*)$/s.exec(text) ?? [];
  const commands = await commandGroup(page, sources, asked, sign !== '');
  if (asked.trim() === '') return full([await hereGroup(page, sources), commands]);
  if (sign !== '') return full([commands]);
  // A complete command hides other suggestions.
  if (commands.items.length > 0 && parseCommand(asked, page) !== undefined) return [commands];
  return full([...(await foundGroups(page, sources, asked)), commands, everythingGroup(page, asked.trim())]);
}

/** Always last: links to the result page, which finds more than the bar can show. */
function everythingGroup({ t, url }: CommandPage, text: string): BarGroup {
  const label = t('search:bar.everything', { text });
  const href = url(`/search?q=${encodeURIComponent(text)}`);
  return { id: 'everything', label: '', items: [{ label, icon: 'search', href, recent: text }] };
}

export async function commandGroup(
  page: CommandPage,
  sources: BarSources,
  text: string,
  isAsked = false,
): Promise<BarGroup> {
  const asked = text.trim();
  const typed = parseCommand(text, page);
  const isBare = typed?.rest === '';
  const subject = isBare ? await sources.here() : undefined;
  const about = typed === undefined ? [] : await commandsAbout({ page, sources, typed }, subject);
  // A single Latin letter would match about half of the commands.
  const isMeant = asked.length > 1 || isAsked || /[^\x20-\x7e]/.test(asked);
  const isSaid = about.length > 0 && !isBare;
  const begun = isSaid || !(isMeant || asked === '') ? [] : begunCommands(page, sources, asked);
  const fixed = isSaid || !isMeant ? [] : staticCommands(page, asked, sources.from);
  return { id: 'commands', label: page.t('search:group.commands'), items: [...about, ...begun, ...fixed] };
}

async function hereGroup(page: CommandPage, sources: BarSources): Promise<BarGroup> {
  const subject = await sources.here();
  const items = subject === undefined ? [] : commandsHere(page, sources, subject);
  return { id: 'here', label: page.t('search:group.here'), items };
}

function full(groups: readonly BarGroup[]): readonly BarGroup[] {
  return groups.filter(({ items }) => items.length > 0);
}

async function foundGroups(page: CommandPage, sources: BarSources, text: string): Promise<readonly BarGroup[]> {
  const { t, viewer, authEnabled } = page;
  const word = /^\S+$/.test(text.trim()) ? text.trim() : '';
  const hex = /^(?:digest:|sha256:)?([0-9a-f]{4,64})$/.exec(word)?.[1];
  const isPlain = /^[^:@"-][^:@"]+$/.test(word);
  const [found, labels, images, users] = [
    await sources.suggest(text),
    isPlain ? await labelsLike(sources, word) : [],
    hex === undefined ? [] : await sources.imagesWith(hex),
    isPlain && viewer.rights.isAdmin && authEnabled ? await sources.usersLike(word) : [],
  ];
  const ofKind = (kind: Suggestion['kind']) => found.filter((each) => each.kind === kind);
  const values = ofKind('value');
  const isLabel = (each: Suggestion) => each.label.startsWith('label:');
  const group = (id: keyof typeof MAX_ITEMS, label: string, items: readonly BarItem[]): BarGroup => ({
    ...{ id, label, items: items.slice(0, MAX_ITEMS[id]) },
  });
  return [
    group(
      'repositories',
      found.some(({ isNear }) => isNear) ? t('search:group.near') : t('search:group.repositories'),
      ofKind('repository').map((each) => namedItem(each, page)),
    ),
    group(
      'tags',
      t('search:group.tags'),
      ofKind('tag').map((each) => namedItem(each, page)),
    ),
    group(
      'images',
      t('search:group.images'),
      images.map((hit) => imageItem(hit, page)),
    ),
    group(
      'labels',
      t('search:group.labels'),
      [...values.filter(isLabel), ...labels].map((each) => searchItem(each, page)),
    ),
    group(
      'users',
      t('search:group.users'),
      users.map((name) => userItem(name, page)),
    ),
    group('filters', t('search:group.filters'), [
      ...values.filter((each) => !isLabel(each)).map((each) => searchItem(each, page)),
      ...ofKind('operator').map(({ label, text: fill }) => ({ label, icon: 'filter', fill })),
    ]),
  ];
}

async function labelsLike({ labelKeys }: BarSources, word: string): Promise<readonly Suggestion[]> {
  const begin = word.toLowerCase();
  const keys = (await labelKeys()).filter((key) => key.toLowerCase().startsWith(begin)).slice(0, MAX_ITEMS.labels);
  return keys.map((key) => ({ kind: 'value', label: `label:${key}`, text: `label:${key}`, reference: null }));
}

/** A name alone is a link; behind other words it narrows the search. */
function namedItem(suggestion: Suggestion, page: CommandPage): BarItem {
  const { kind, label, text, reference } = suggestion;
  const isAlone = reference !== null && reference === text;
  const path = isAlone ? referencePath(reference) : `/search?q=${encodeURIComponent(text)}`;
  const facts = factsOf(suggestion, page);
  return {
    ...{ label, icon: kind === 'tag' ? 'tag' : 'box', href: page.url(path), recent: text },
    ...(facts === '' ? {} : { facts }),
  };
}

/** `8 tags · newest v4.9.2 · 206 MB · 1h ago` */
function factsOf({ facts }: Suggestion, { t, format }: CommandPage): string {
  if (facts === undefined) return '';
  const { tagCount, newestTag, sizeBytes, agedAt } = facts;
  const parts = [
    tagCount === null ? '' : t('search:bar.tags', { count: tagCount, formatted: format.number(tagCount) }),
    newestTag === null ? '' : t('search:bar.newest', { tag: newestTag }),
    sizeBytes > 0 ? format.bytes(sizeBytes) : '',
    agedAt === null ? '' : format.relative(agedAt),
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

function imageItem({ repository, tag, digest }: ImageHit, { url }: CommandPage): BarItem {
  const reference = `${repository}@${digest}`;
  const label = tag === '' ? `${repository}@${shortDigest(digest)}` : `${repository}:${tag}`;
  return { label, detail: shortDigest(digest), icon: 'hash', href: url(referencePath(reference)), recent: reference };
}

function searchItem({ label, text }: Suggestion, { url }: CommandPage): BarItem {
  return { label, icon: 'filter', href: url(`/search?q=${encodeURIComponent(text)}`), recent: text };
}

function userItem(name: string, { url }: CommandPage): BarItem {
  return { label: name, icon: 'user', href: url(userPath(name)) };
}
