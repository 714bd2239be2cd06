/** What one check of /status comes to. */
export type CheckState = 'ok' | 'warning' | 'failed' | 'unknown';

export interface Fix {
  readonly file: 'registry' | 'ours' | 'shell' | 'renewal';
  readonly lines: string;
}

/** Keys of the names of the checks. */
export const TITLES = {
  reachable: 'operations:status.title.reachable',
  demands_token: 'operations:status.title.demands_token',
  challenge: 'operations:status.title.challenge',
  realm: 'operations:status.title.realm',
  tokens: 'operations:status.title.tokens',
  expiry: 'operations:status.title.expiry',
  trust: 'operations:status.title.trust',
  deletion: 'operations:status.title.deletion',
  notifications: 'operations:status.title.notifications',
  clock: 'operations:status.title.clock',
  crawl: 'operations:status.title.crawl',
  content: 'operations:status.title.content',
  database: 'operations:status.title.database',
  storage: 'operations:status.title.storage',
  wal: 'operations:status.title.wal',
} as const;
type CheckId = keyof typeof TITLES;

export interface Check {
  readonly id: CheckId;
  readonly state: CheckState;
  /** Key of its name. */
  readonly title: string;
  /** Key of the sentence that tells what was found. */
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
  /** Moments that the page words itself: relative, in the reader's language. */
  readonly at: number | null;
  readonly fix: Fix | null;
}

export interface Found {
  readonly params?: Check['params'];
  readonly at?: number | null;
  readonly fix?: Fix | null;
}

export function check(
  id: CheckId,
  state: CheckState,
  key: string,
  { params = {}, at = null, fix = null }: Found = {},
): Check {
  return { id, state, title: TITLES[id], key, params, at, fix };
}
