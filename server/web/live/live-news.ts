/** What open pages are told: names of repositories, and topics, whose mark no repository can have in its name. */
import type { Rights } from '../../access/rights.ts';
import type { MessageOf } from '../../bus/message.ts';

/** Of a page that shows it: `live: TOPIC.events`. */
export const TOPIC = {
  events: '#events',
  refusals: '#refusals',
  audit: '#audit',
  users: '#users',
  /** How far the index is, and whether the registry answers: all pages of the catalog say so. */
  index: '#index',
  /** What this viewer may do is different now. */
  rights: '#rights',
} as const;
export type Topic = (typeof TOPIC)[keyof typeof TOPIC];

/** More names than that: everything changed. */
const MAX_NAMES = 50;

/** What open pages follow. */
export const FOLLOWED = [
  'repository-changed',
  'events-kept',
  'tokens-refused',
  'audited',
  'index-state-changed',
] as const;
export type Followed = MessageOf<(typeof FOLLOWED)[number]>;

export interface Gathered {
  /** Changed in the index. */
  readonly changed: ReadonlySet<string>;
  /** Something happened there. */
  readonly eventful: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
  readonly acted: boolean;
  readonly accounts: boolean;
  readonly indexed: boolean;
}

/** Collects until it is taken: a push makes several changes at once, and together they are one message. */
export function createGathering() {
  let gathered = nothing();
  return {
    /** Made by another process: whatever shows accounts looks again. */
    accounts: (): void => {
      gathered.accounts = true;
    },
    add(message: Followed): void {
      if (message.kind === 'repository-changed') gathered.changed.add(message.repository);
      else if (message.kind === 'events-kept') for (const name of message.repositories) gathered.eventful.add(name);
      else if (message.kind === 'tokens-refused') for (const name of message.subjects) gathered.refused.add(name);
      else if (message.kind === 'index-state-changed') gathered.indexed = true;
      else gathered.acted = true;
      if (message.kind === 'audited' && /^(user|role|password|session)\./.test(message.action))
        gathered.accounts = true;
    },
    isEmpty(): boolean {
      const { changed, eventful, refused, acted, accounts, indexed } = gathered;
      return changed.size + eventful.size + refused.size === 0 && !acted && !accounts && !indexed;
    },
    take(): Gathered {
      const taken = gathered;
      gathered = nothing();
      return taken;
    },
  };
}

function nothing() {
  return {
    changed: new Set<string>(),
    eventful: new Set<string>(),
    refused: new Set<string>(),
    ...{ acted: false, accounts: false, indexed: false },
  };
}

export interface Listener {
  readonly rights: Rights;
  readonly isSignedIn: boolean;
  readonly rightsChanged: boolean;
  /** Of these names those that the viewer may see. */
  readonly visible: (names: ReadonlySet<string>) => Promise<readonly string[]>;
}

/** @returns undefined when this viewer is not concerned; an empty list: everything may be different. */
export async function newsFor(gathered: Gathered, listener: Listener): Promise<readonly string[] | undefined> {
  const names = await listener.visible(gathered.changed);
  const topics = await topicsFor(gathered, listener);
  if (names.length === 0 && topics.length === 0) return undefined;
  return names.length > MAX_NAMES ? [] : [...names, ...topics];
}

async function topicsFor(gathered: Gathered, listener: Listener): Promise<readonly Topic[]> {
  const { eventful, refused, acted, accounts, indexed } = gathered;
  const { rights, isSignedIn, rightsChanged, visible } = listener;
  const isReader = rights.isAdmin || rights.isAuditor;
  const topics: Topic[] = [];
  if (rightsChanged) topics.push(TOPIC.rights);
  if (eventful.size > 0 && (isReader || (isSignedIn && (await visible(eventful)).length > 0)))
    topics.push(TOPIC.events);
  if (refused.size > 0 && (isReader || (isSignedIn && refused.has(rights.subject.name)))) topics.push(TOPIC.refusals);
  if (acted && isReader) topics.push(TOPIC.audit);
  if (accounts && rights.isAdmin) topics.push(TOPIC.users);
  if (indexed) topics.push(TOPIC.index);
  return topics;
}

/** Whether a page that follows `live` shows any of it: as `public/js/live.js` decides. */
export function isConcerned(live: string | undefined, names: readonly string[]): boolean {
  if (live === undefined) return false;
  if (names.length === 0) return true;
  if (names.includes(TOPIC.index) && !live.startsWith('#')) return true;
  if (live === '*') return names.some((name) => !name.startsWith('#'));
  return names.some((name) => name === live || name.startsWith(`${live}/`));
}
