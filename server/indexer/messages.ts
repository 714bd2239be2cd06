/** The calls between main thread and indexer thread: plain data only. */
import type { Message as BusMessage } from '../bus/message.ts';
import type { Findings } from '../catalog/findings/findings.ts';
import type { DroppedTag } from '../catalog/index/tag-writes.ts';
import type { CrawlProgress } from '../catalog/sync/crawl.ts';
import type { LossHold } from '../catalog/sync/loss-guard.ts';
import type { Visibility } from '../catalog/visibility/visibility.ts';
import type { JobState } from '../jobs/scheduler.ts';
import type { RegistryEvent } from '../notifications/events.ts';
import type { EnvelopeRow, Stored, UnreadableEnvelope } from '../notifications/intake.ts';
import type { Asked, EventAttribution } from '../notifications/project.ts';
import type { StorageTrouble } from '../storage/failure.ts';

/** State of the index for pages, as the indexer reported it last. */
export interface IndexerState {
  readonly crawl: CrawlProgress | undefined;
  /** A crawl was completed at least once, so a repository that is not listed does not exist. */
  readonly isComplete: boolean;
  readonly hold: LossHold | undefined;
  /** Without events: when the catalog was last read; null: not yet. Undefined: events arrive. */
  readonly listedAt: number | null | undefined;
  readonly jobs: readonly JobState[];
}

/** Offered by the indexer, called by the main thread. */
export type IndexerCalls = {
  /** Reports the state of the index, now and after each change. */
  readonly watch: () => Promise<void>;
  /** Starts processing events and reading the registry. Idempotent. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly crawl: (cause: 'asked') => Promise<void>;
  readonly progress: () => Promise<CrawlProgress | undefined>;
  /** @returns the accepted loss; undefined when the index was not held. */
  readonly acceptLoss: () => Promise<LossHold | undefined>;
  readonly refreshRepository: (repository: string) => Promise<void>;
  readonly refreshAfterDeletion: (repository: string) => Promise<void>;
  /** @returns whether the registry has the manifest in this repository; it is in the index then. */
  readonly fetchManifest: (repository: string, digest: string) => Promise<boolean>;
  /** @returns the ID of the set of patterns. */
  readonly buildVisibility: (patterns: readonly string[], at: number) => Promise<number>;
  readonly findings: (visibility: Visibility) => Promise<Findings>;
  /** A push token was issued: the repository is read later, even if no event arrives. */
  readonly lookAgain: (repository: string) => void;
  /** Somebody opened the repository here. */
  readonly repositoryOpened: (repository: string) => void;
  readonly setReachable: (isReachable: boolean) => void;
  readonly handleTokensAccepted: () => void;
  /** Resolves once they are synced to disk. */
  readonly storeEnvelopes: (rows: readonly EnvelopeRow[]) => Promise<void>;
  readonly handleStored: (stored: Stored) => void;
  readonly handleUnreadable: (odd: UnreadableEnvelope) => void;
  readonly recordSpaceUse: (visibilityId: number) => void;
  readonly reportStorageTrouble: (kind: StorageTrouble, error: string | null) => void;
};

/** Offered by the main thread, called by the indexer. */
export type MainCalls = {
  /** A token for the registry; undefined when it requires none. */
  readonly mint: (scopes: readonly string[]) => Promise<string | undefined>;
  readonly reportTokenRefused: () => Promise<void>;
  readonly attribute: (events: readonly Asked[]) => Promise<readonly EventAttribution[]>;
  /** To be called before the index is updated, because a deletion of ours may have destroyed the push. */
  readonly handlePush: (event: RegistryEvent) => Promise<void>;
  /** Tags that were deleted at the registry by others. */
  readonly recordExternalDeletions: (repository: string, tags: readonly DroppedTag[]) => Promise<void>;
  readonly handleInstance: () => void;
  readonly publish: (message: BusMessage) => void;
  readonly setState: (state: IndexerState) => void;
  readonly reportStorageTrouble: (kind: StorageTrouble, error: string | null) => void;
  readonly writeLog: (line: string) => void;
};
