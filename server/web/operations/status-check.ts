/** What one check of /status comes to. */
export type CheckState = 'ok' | 'warning' | 'failed' | 'unknown';

export interface Fix {
  readonly file: 'registry' | 'ours' | 'shell' | 'renewal';
  readonly lines: string;
}

/** Keys of the names of the checks. */
export const TITLES = {
  reachable: 'status:title.reachable',
  demands_token: 'status:title.demands_token',
  challenge: 'status:title.challenge',
  realm: 'status:title.realm',
  tokens: 'status:title.tokens',
  expiry: 'status:title.expiry',
  trust: 'status:title.trust',
  deletion: 'status:title.deletion',
  notifications: 'status:title.notifications',
  clock: 'status:title.clock',
  crawl: 'status:title.crawl',
  content: 'status:title.content',
  database: 'status:title.database',
  storage: 'status:title.storage',
  wal: 'status:title.wal',
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
