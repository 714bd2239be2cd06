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
  let changed = new Set<string>();
  let eventful = new Set<string>();
  let refused = new Set<string>();
  let acted = false;
  let accounts = false;
  let indexed = false;
  return {
    /** Made by another process: whatever shows accounts looks again. */
    accounts: (): void => {
      accounts = true;
    },
    add(message: Followed): void {
      if (message.kind === 'repository-changed') changed.add(message.repository);
      else if (message.kind === 'events-kept') for (const name of message.repositories) eventful.add(name);
      else if (message.kind === 'tokens-refused') for (const name of message.subjects) refused.add(name);
      else if (message.kind === 'index-state-changed') indexed = true;
      else acted = true;
      if (message.kind === 'audited' && /^(user|role|password|session)\./.test(message.action)) accounts = true;
    },
    take(): Gathered {
      const taken = { changed, eventful, refused, acted, accounts, indexed };
      changed = new Set();
      eventful = new Set();
      refused = new Set();
      acted = false;
      accounts = false;
      indexed = false;
      return taken;
    },
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

/** Equal for rights that allow the same. */
export function fingerprint({ isAdmin, isAuditor, rules }: Rights): string {
  const lines = rules.map(
    ({ repository, address, actions }) => `${repository.text}\n${address.text}\n${[...actions].sort()}`,
  );
  return JSON.stringify([isAdmin, isAuditor, lines.sort()]);
}
