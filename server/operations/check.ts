/** The result of a check. */
export type CheckState = 'ok' | 'warning' | 'failed' | 'unknown';

export interface Fix {
  readonly file: 'registry' | 'ours' | 'shell' | 'renewal';
  readonly lines: string;
}

/** Translation keys of the titles. */
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
  /** Translation key of the title. */
  readonly title: string;
  /** Translation key of the sentence that says what was found. */
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
  /** Epoch milliseconds, shown behind the sentence. */
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
