/** What open pages are notified of: names of repositories, and topics, which begin with a # that no repository name has. */
import type { Rights } from '../../access/rights.ts';
import type { MessageOf } from '../../bus/message.ts';

/** A page names the topic it shows in its model: `live: TOPIC.events`. */
export const TOPIC = {
  events: '#events',
  refusals: '#refusals',
  audit: '#audit',
  users: '#users',
  /** Progress of the index and reachability of the registry: shown on every page about repositories. */
  index: '#index',
  /** The rights of this viewer changed. */
  rights: '#rights',
} as const;
export type Topic = (typeof TOPIC)[keyof typeof TOPIC];

/** With more names an empty list is sent, which means that anything may have changed. */
const MAX_NAMES = 50;

/** Bus messages that open pages are notified of. */
export const FOLLOWED_MESSAGES = [
  'repository-changed',
  'events-kept',
  'tokens-refused',
  'audited',
  'index-state-changed',
] as const;
export type FollowedMessage = MessageOf<(typeof FOLLOWED_MESSAGES)[number]>;

export interface CollectedChanges {
  /** Repositories that changed in the index. */
  readonly changed: ReadonlySet<string>;
  /** Repositories with new events. */
  readonly withEvents: ReadonlySet<string>;
  /** Names of subjects. */
  readonly refused: ReadonlySet<string>;
  readonly audited: boolean;
  readonly accounts: boolean;
  readonly indexStateChanged: boolean;
}

/** Combines messages until `take`, because one push causes several. */
export function createChangeCollector() {
  let collected = noChanges();
  return {
    /** Accounts changed without a message on the bus, by another process. */
    addAccountChange(): void {
      collected.accounts = true;
    },
    add(message: FollowedMessage): void {
      if (message.kind === 'repository-changed') collected.changed.add(message.repository);
      else if (message.kind === 'events-kept') for (const name of message.repositories) collected.withEvents.add(name);
      else if (message.kind === 'tokens-refused') for (const name of message.subjects) collected.refused.add(name);
      else if (message.kind === 'index-state-changed') collected.indexStateChanged = true;
      else collected.audited = true;
      if (message.kind === 'audited' && /^(user|role|password|session)\./.test(message.action))
        collected.accounts = true;
    },
    isEmpty(): boolean {
      const { changed, withEvents, refused, audited, accounts, indexStateChanged } = collected;
      return changed.size + withEvents.size + refused.size === 0 && !audited && !accounts && !indexStateChanged;
    },
    take(): CollectedChanges {
      const taken = collected;
      collected = noChanges();
      return taken;
    },
  };
}

function noChanges() {
  return {
    changed: new Set<string>(),
    withEvents: new Set<string>(),
    refused: new Set<string>(),
    ...{ audited: false, accounts: false, indexStateChanged: false },
  };
}

export interface Listener {
  readonly rights: Rights;
  readonly isSignedIn: boolean;
  readonly rightsChanged: boolean;
  /** Those of the names that the viewer may see. */
  readonly visible: (names: ReadonlySet<string>) => Promise<readonly string[]>;
}

/** @returns names and topics for this viewer; undefined: none; an empty list: anything may have changed. */
export async function newsFor(collected: CollectedChanges, listener: Listener): Promise<readonly string[] | undefined> {
  const names = await listener.visible(collected.changed);
  const topics = await topicsFor(collected, listener);
  if (names.length === 0 && topics.length === 0) return undefined;
  return names.length > MAX_NAMES ? [] : [...names, ...topics];
}

async function topicsFor(collected: CollectedChanges, listener: Listener): Promise<readonly Topic[]> {
  const { withEvents, refused, audited, accounts, indexStateChanged } = collected;
  const { rights, isSignedIn, rightsChanged, visible } = listener;
  const isReader = rights.isAdmin || rights.isAuditor;
  const topics: Topic[] = [];
  if (rightsChanged) topics.push(TOPIC.rights);
  if (withEvents.size > 0 && (isReader || (isSignedIn && (await visible(withEvents)).length > 0)))
    topics.push(TOPIC.events);
  if (refused.size > 0 && (isReader || (isSignedIn && refused.has(rights.subject.name)))) topics.push(TOPIC.refusals);
  if (audited && isReader) topics.push(TOPIC.audit);
  if (accounts && rights.isAdmin) topics.push(TOPIC.users);
  if (indexStateChanged) topics.push(TOPIC.index);
  return topics;
}

/** Whether a page with this `Model.live` shows any of the names; `public/js/live.js` has the same rule. */
export function isAffectedBy(live: string | undefined, names: readonly string[]): boolean {
  if (live === undefined) return false;
  if (names.length === 0) return true;
  if (names.includes(TOPIC.index) && !live.startsWith('#')) return true;
  if (live === '*') return names.some((name) => !name.startsWith('#'));
  return names.some((name) => name === live || name.startsWith(`${live}/`));
}
