/** What the main thread and the indexer ask of each other and tell each other: plain data only. */
import type { Message as BusMessage } from '../bus/message.ts';
import type { Findings } from '../catalog/findings/findings.ts';
import type { DroppedTag } from '../catalog/index/tag-writes.ts';
import type { CrawlProgress } from '../catalog/sync/crawl.ts';
import type { LossHold } from '../catalog/sync/loss-guard.ts';
import type { Visibility } from '../catalog/visibility/visibility.ts';
import type { JobState } from '../jobs/scheduler.ts';
import type { RegistryEvent } from '../notifications/events.ts';
import type { Odd, Stored } from '../notifications/intake.ts';
import type { Asked, Judgement } from '../notifications/project.ts';
import type { StorageTrouble } from '../storage/failure.ts';

/** What pages say of the index, as the indexer told it last. */
export interface IndexerState {
  readonly crawl: CrawlProgress | undefined;
  /** A crawl has been finished at least once: what is not listed is not there. */
  readonly isComplete: boolean;
  readonly hold: LossHold | undefined;
  /** Where no events come: when the registry last said which repositories it has; null: not yet. Else undefined. */
  readonly listedAt: number | null | undefined;
  readonly jobs: readonly JobState[];
}

/** Of the indexer, for the main thread. */
export type IndexerCalls = {
  /** Reads how far the index is, and tells it from now on. */
  readonly watch: () => Promise<void>;
  /** Everything around it is there: events are read from now on, and the registry. The second time does nothing. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly crawl: (cause: 'asked') => Promise<void>;
  readonly progress: () => Promise<CrawlProgress | undefined>;
  /** @returns what was held; undefined: nothing was. */
  readonly acceptLoss: () => Promise<LossHold | undefined>;
  readonly refreshRepository: (repository: string) => Promise<void>;
  readonly refreshAfterDeletion: (repository: string) => Promise<void>;
  /** @returns whether the registry has it in this repository; it is in the index then. */
  readonly fetchManifest: (repository: string, digest: string) => Promise<boolean>;
  /** @returns the id of the set of patterns. */
  readonly buildVisibility: (patterns: readonly string[], at: number) => Promise<number>;
  readonly findings: (visibility: Visibility) => Promise<Findings>;
  /** A push token was issued: its event may never come. */
  readonly lookAgain: (repository: string) => void;
  /** Somebody looks at it here. */
  readonly opened: (repository: string) => void;
  readonly noteReachable: (isReachable: boolean) => void;
  readonly noteAccepted: () => void;
  readonly noteStored: (stored: Stored) => void;
  readonly noteOdd: (odd: Odd) => void;
  readonly noteSpaceUse: (visibilityId: number) => void;
  readonly noteTrouble: (kind: StorageTrouble, error: string | null) => void;
};

/** Of the main thread, for the indexer. */
export type MainCalls = {
  /** A token of ours for the registry; undefined where it asks for none. */
  readonly mint: (scopes: readonly string[]) => Promise<string | undefined>;
  readonly noteTokenRefused: () => Promise<void>;
  readonly judge: (events: readonly Asked[]) => Promise<readonly Judgement[]>;
  /** Before the index hears of it: a deletion of ours may have stood in its way. */
  readonly notePush: (event: RegistryEvent) => Promise<void>;
  /** Tags left the registry without us. */
  readonly keepGone: (repository: string, tags: readonly DroppedTag[]) => Promise<void>;
  readonly noteInstance: () => void;
  readonly hear: (message: BusMessage) => void;
  readonly noteState: (state: IndexerState) => void;
  readonly noteTrouble: (kind: StorageTrouble, error: string | null) => void;
  readonly writeLog: (line: string) => void;
};
