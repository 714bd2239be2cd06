import type { Logger } from '../log.ts';
import type { RegistryClient } from '../registry/client.ts';
import type { Database } from '../storage/database.ts';

/** What the index asks the registry; only reads. */
export type RegistryReader = Pick<RegistryClient, 'catalogPages' | 'tags' | 'headManifest' | 'getManifest' | 'getBlob'>;

export interface IndexerDeps {
  readonly db: Database;
  readonly client: RegistryReader;
  readonly now: () => number;
  readonly log: Logger;
  /** After each change of the index, with the repository that changed. */
  readonly onChanged?: (repository: string) => void;
}

/** One event of the registry about a manifest, a tag or a repository. Missing texts are null or ''. */
export interface CatalogEvent {
  readonly action: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
  readonly actor: string;
  /** The actor is known to be true: the envelope carried the secret, or we issued that subject a push token. */
  readonly confirmed: boolean;
  /** Epoch milliseconds, by the registry's clock. */
  readonly at: number;
  readonly method: string;
  readonly userAgent: string;
  readonly address: string;
}

export type CrawlReason = 'start' | 'instance' | 'gap' | 'schedule' | 'asked';

export interface CrawlProgress {
  readonly reason: string;
  readonly startedAt: number;
  /** null while it runs. */
  readonly finishedAt: number | null;
  /** null until the catalog was read to its end. */
  readonly repositoriesTotal: number | null;
  readonly repositoriesDone: number;
  /** Repositories that could not be read; what the index knows of them stays. */
  readonly failures: number;
  /** Why the crawl itself ended early. */
  readonly error: string | null;
}
