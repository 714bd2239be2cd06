/** Commands about a tag, a repository or a person: first the command, then its object. Only what the viewer may do. */
import type { Rights } from '../../access/rights.ts';
import { allowedActions } from '../../access/rights.ts';
import type { Suggestion } from '../../catalog/search/suggest.ts';
import type { TagFacts } from '../../catalog/visibility/tag-facts.ts';
import { parseReferencePath } from '../../registry/documents/reference.ts';
import { deletePath, referencePath } from '../parts/cells.ts';
import { copyLine } from '../parts/commands.ts';
import { userPath } from '../parts/people.ts';
import { mayPush } from '../parts/push-right.ts';
import type { BarItem } from './bar-item.ts';
import { matchesPhrases, phrasesOf, type TypedCommand, VERBS, type Verb } from './command-words.ts';
import type { CommandPage } from './commands-static.ts';

export interface CommandSources {
  /** Visible repositories and tags that begin with the text. */
  readonly suggest: (text: string) => Promise<readonly Suggestion[]>;
  readonly tagFacts: (repository: string, tags: readonly string[]) => Promise<ReadonlyMap<string, TagFacts>>;
  readonly usersLike: (text: string) => Promise<readonly string[]>;
  /** Nothing is deleted through us. */
  readonly readonly: boolean;
}

export type NamedTag = TagFacts & { readonly name: string };

/** The object of a command: shown by the page or typed. */
export interface Subject {
  readonly repository: string;
  readonly tag?: NamedTag | undefined;
  /** The newest tag of a repository, for commands that need one. */
  readonly newest?: NamedTag | undefined;
}

interface Context {
  readonly page: CommandPage;
  readonly sources: CommandSources;
  readonly typed: TypedCommand;
}

const MAX_ITEMS = 6;

/** @param here the object of the page, for a command without one */
export async function commandsAbout(context: Context, here: Subject | undefined): Promise<readonly BarItem[]> {
  const { typed, page } = context;
  if (!isAvailable(typed.verb, page, context.sources)) return [];
  if (typed.verb === 'grant') return grantItems(context);
  const words = typed.rest.split(/\s+/);
  const last = words.at(-1) ?? '';
  const first = words.length > 1 ? (words[0] ?? '') : '';
  const subjects = last === '' ? (here === undefined ? [] : [here]) : await subjectsLike(context.sources, last);
  const items = subjects.flatMap((subject) => itemOf(context, subject, first) ?? []);
  return withoutDuplicates(items).slice(0, MAX_ITEMS);
}

/** For empty text or the first letters of a command: commands about the object of the page, and commands to begin. */
export function begunCommands(page: CommandPage, sources: CommandSources, text: string): readonly BarItem[] {
  const verbs = VERBS.filter((verb) => isAvailable(verb, page, sources));
  return verbs.flatMap((verb) => {
    const phrases = phrasesOf(verb, page);
    if (text !== '' && !matchesPhrases(text, phrases)) return [];
    return [{ label: beginLabel(verb, page), icon: verbIcon(verb), fill: `${ownPhrase(verb, page)} ` }];
  });
}

export function commandsHere(page: CommandPage, sources: CommandSources, here: Subject): readonly BarItem[] {
  const verbs = VERBS.filter((verb) => verb !== 'grant' && isAvailable(verb, page, sources));
  return verbs.flatMap((verb) => {
    const typed = { verb, start: `${ownPhrase(verb, page)} `, rest: '' };
    const item = itemOf({ page, sources, typed }, here, '');
    return item === undefined || item.fill !== undefined ? [] : [item];
  });
}

async function subjectsLike({ suggest, tagFacts }: CommandSources, text: string): Promise<readonly Subject[]> {
  const found = await suggest(text);
  // Approximate matches can be opened only, so that a typing error never leads to a deletion.
  const named = found.flatMap(({ kind, reference, isNear }) =>
    reference !== null && !isNear && (kind === 'repository' || kind === 'tag')
      ? (parseReferencePath(reference) ?? [])
      : [],
  );
  const subjects = await Promise.all(
    named.slice(0, MAX_ITEMS).map(async (each): Promise<readonly Subject[]> => {
      if (!('tag' in each)) return [{ repository: each.repository }];
      const name = String(each.tag);
      const known = (await tagFacts(each.repository, [name])).get(name);
      return known === undefined ? [] : [{ repository: each.repository, tag: { ...known, name } }];
    }),
  );
  return subjects.flat();
}

function itemOf(context: Context, subject: Subject, first: string): BarItem | undefined {
  const items: Record<Exclude<Verb, 'grant'>, () => BarItem | undefined> = {
    copy: () => copyItem(context, subject),
    delete: () => deleteItem(context, subject),
    compare: () => compareItem(context, subject, first),
    refresh: () => refreshItem(context, subject),
    events: () => eventsItem(context, subject),
  };
  const { verb } = context.typed;
  return verb === 'grant' ? undefined : items[verb]();
}

/** For commands that need a tag: fills in the repository, and the input suggests its tags. */
function fillItem({ typed, page }: Context, { repository }: Subject, first = ''): BarItem {
  const before = first === '' ? '' : `${first} `;
  const label = page.t('search:command.tags_of', { repository });
  return { label, icon: verbIcon(typed.verb), fill: `${typed.start}${before}${repository}:` };
}

function copyItem(context: Context, subject: Subject): BarItem {
  const { page } = context;
  const { repository, tag = subject.newest } = subject;
  if (tag === undefined) return fillItem(context, subject);
  const { command } = copyLine(page, { name: repository, tag: tag.name, digest: tag.digest, kind: tag.kind });
  const label = page.t('search:command.copy', { reference: `${repository}:${tag.name}` });
  return { label, detail: command, icon: verbIcon('copy'), copy: command };
}

/** Links to the confirmation page, with the expected digest. */
function deleteItem(context: Context, subject: Subject): BarItem | undefined {
  const { page, sources } = context;
  const { repository, tag } = subject;
  const { rights } = page.viewer;
  if (sources.readonly || !allowedActions(rights, repository, page.origin.address).has('delete')) return undefined;
  if (tag === undefined) return fillItem(context, subject);
  const label = page.t('search:command.delete', { reference: `${repository}:${tag.name}` });
  const href = page.url(deletePath(repository, tag.name, tag.digest));
  return { label, icon: verbIcon('delete'), tone: 'red', href };
}

function compareItem(context: Context, subject: Subject, first: string): BarItem | undefined {
  const { page } = context;
  const { repository, tag } = subject;
  if (tag === undefined) return fillItem(context, subject, first);
  const reference = `${repository}:${tag.name}`;
  const icon = verbIcon('compare');
  const [a, b] = [encodeURIComponent(first === '' ? reference : first), encodeURIComponent(reference)];
  if (first === '') {
    return { label: page.t('search:command.compare', { reference }), icon, href: page.url(`/compare?a=${a}`) };
  }
  const label = page.t('search:command.compare_with', { first, reference });
  return { label, icon, href: page.url(`/compare?a=${a}&b=${b}`) };
}

function refreshItem({ page }: Context, { repository }: Subject): BarItem | undefined {
  if (!mayPush(page, repository)) return undefined;
  const form = { action: page.url(`${referencePath(repository)}/-/refresh`), fields: {} };
  return { label: page.t('search:command.refresh', { repository }), icon: verbIcon('refresh'), form };
}

function eventsItem({ page }: Context, { repository }: Subject): BarItem {
  const href = page.url(`/events?repository=${encodeURIComponent(repository)}`);
  return { label: page.t('search:command.events', { repository }), icon: verbIcon('events'), href };
}

async function grantItems({ page, sources, typed }: Context): Promise<readonly BarItem[]> {
  const names = await sources.usersLike(typed.rest.trim());
  const everybody = page.everywhere('shell:nav.anonymous');
  const anonymous = typed.rest === '' || matchesPhrases(typed.rest, everybody);
  const icon = verbIcon('grant');
  return [
    ...names.map((name) => ({
      label: page.t('search:command.grant', { name }),
      ...{ icon, href: page.url(userPath(name)) },
    })),
    ...(anonymous ? [{ label: page.t('search:command.grant_anonymous'), icon, href: page.url('/anonymous') }] : []),
  ];
}

/** Whether the viewer can use the command on anything; otherwise it is not offered. */
function isAvailable(verb: Verb, { viewer, authEnabled }: CommandPage, { readonly }: CommandSources): boolean {
  const { rights, isSignedIn } = viewer;
  if (verb === 'grant') return rights.isAdmin && authEnabled;
  if (verb === 'delete') return !readonly && holds(rights, 'delete');
  if (verb === 'refresh') return holds(rights, 'push');
  return verb !== 'events' || isSignedIn || rights.isAdmin || rights.isAuditor;
}

function holds({ isAdmin, rules }: Rights, action: 'push' | 'delete'): boolean {
  return isAdmin || rules.some(({ actions }) => actions.has(action));
}

function ownPhrase(verb: Verb, { t }: CommandPage): string {
  return phrasesOf(verb, { everywhere: (key) => [t(key)] })[0] ?? verb;
}

function beginLabel(verb: Verb, { t }: CommandPage): string {
  const texts: Record<Verb, () => string> = {
    copy: () => t('search:begin.copy'),
    delete: () => t('search:begin.delete'),
    compare: () => t('search:begin.compare'),
    refresh: () => t('search:begin.refresh'),
    events: () => t('search:begin.events'),
    grant: () => t('search:begin.grant'),
  };
  return texts[verb]();
}

function verbIcon(verb: Verb): string {
  const icons: Record<Verb, { readonly icon: string }> = {
    copy: { icon: 'copy' },
    delete: { icon: 'trash' },
    compare: { icon: 'arrows-diff' },
    refresh: { icon: 'refresh' },
    events: { icon: 'activity' },
    grant: { icon: 'key' },
  };
  return icons[verb].icon;
}

/** Without duplicates: two tags of one repository lead to the same events. */
function withoutDuplicates(items: readonly BarItem[]): readonly BarItem[] {
  return items.filter((item, index) => items.findIndex((other) => other.label === item.label) === index);
}
