/** What is known of the installation. Gathered by `installation.ts`, judged by `checks.ts`. */
import type { CrawlProgress } from '../catalog/sync/crawl.ts';
import type { LossHold } from '../catalog/sync/loss-guard.ts';
import type { Config } from '../config/config.ts';
import type { JobState } from '../jobs/scheduler.ts';
import type { Failure } from '../registry/client/monitor.ts';
import type { RealmFailure } from '../registry/client/realm-probe.ts';
import type { StorageFacts } from '../storage/health.ts';

/** As of the last time it was asked. */
export interface RegistryFacts {
  readonly mode: 'managed' | 'configured';
  readonly address: string;
  /** What people type before the repository. */
  readonly publicName: string;
  /** null: not asked since the start. */
  readonly reachable: boolean | null;
  /** null: it never answered since the start. */
  readonly lastAnswerAt: number | null;
  /** One plain sentence why it is not reachable. */
  readonly error: string | null;
  /** The same as a key of `errors`, where there is one. */
  readonly failure: Failure | undefined;
  /** As `3.1.1`; null: only a registry that we start tells it. */
  readonly version: string | null;
  /** Nothing is deleted through us. */
  readonly isReadonly: boolean;
}

/** As the index thread told it last, a second ago at most. */
export interface IndexFacts {
  /** A crawl ended once: what is not listed is not there. */
  readonly isComplete: boolean;
  /** The registry lacks most of what is known, and nothing is dropped for it. */
  readonly hold: LossHold | undefined;
  /** The crawl that runs, waits to be continued, or ended last. */
  readonly crawl: CrawlProgress | undefined;
  /** No events come, so the registry is asked: when it last said which repositories it has. undefined: events come. */
  readonly polled: { readonly listedAt: number | null; readonly isOurs: boolean } | undefined;
}

/** How far what lists show can be trusted. */
export interface IndexState extends IndexFacts, Pick<RegistryFacts, 'lastAnswerAt'> {
  /** true also before the registry was asked for the first time. */
  readonly reachable: boolean;
}

export interface NotificationFacts {
  readonly endpoint: string;
  readonly hasSecret: boolean;
  /** When the last event came. */
  readonly lastAt: number | null;
  /** When the last one came that carried the configured secret. */
  readonly lastVerifiedAt: number | null;
  /** The registry process that sent the last one. */
  readonly lastInstance: string | null;
  /** Received minus happened, of the newest event; negative when the registry's clock runs ahead. */
  readonly lagMs: number | null;
  /** The last one that came without the right secret, and was sent back. */
  readonly refusedAt: number | null;
  /** Envelopes that are stored and not parsed yet. */
  readonly waiting: number;
  /** Envelopes that could not be parsed. */
  readonly quarantined: number;
  /** Last push that we only know of because we issued its token. */
  readonly lastPushTokenAt: number | null;
}

/** What asking the registry told just now. */
export interface RegistryTrial {
  readonly reachable: boolean;
  /** The line it belongs to, guessed from its answers. */
  readonly line: 2 | 3 | null;
  /** false: no token is what it asks for. */
  readonly demandsToken: boolean | null;
  /** It asks for a name and a password itself, as with htpasswd. */
  readonly demandsPassword: boolean;
  /** What its challenge names; null when there was none, or when it asks for Basic. */
  readonly challenge: { readonly scheme: string; readonly realm: string; readonly service: string } | null;
  /** From its Date header; positive: it is ahead of us. */
  readonly clockDifferenceMs: number | null;
  /** `trust_any_ssl`, and it is asked by HTTPS. */
  readonly trustsAnyCertificate: boolean;
  /** null: it could not be tried. */
  readonly deletionEnabled: boolean | null;
}

export interface AuthFacts {
  readonly enabled: boolean;
  readonly service: string;
  readonly issuer: string;
  /** The realm we print, from `server.public_url`. */
  readonly realm: string;
  /** Where whoever looks reaches us, with the base path; null: nobody looks, or it is not known. */
  readonly cameBy: string | null;
  /** `server.public_url` as configured, with the base path. */
  readonly publicUrl: string | null;
  readonly headerMode: Config['registry']['auth']['token_header'] | null;
  readonly certificateExpiresAt: number | null;
  /** Registries check our tokens with a certificate that we hand out; false: with one that the operator has. */
  readonly hasCertificate: boolean;
  /** Where certificate and key are, as we see them. */
  readonly certificateFile: string | null;
  readonly keyFile: string | null;
}

/** What trying a token and the realm told just now. */
export interface TokenTrial {
  /** Whether the registry took a token of ours; null: not tried. */
  readonly accepted: boolean | null;
  /** Why not: 3.x tells a foreign key from other claims (issuer, service, clock), 2.x does not. */
  readonly refusal: 'key' | 'claims' | null;
  /** What fetching the registry's own realm gave; null: not tried, or there is no realm. */
  readonly realmReachable: boolean | null;
  readonly realmError: string | null;
  readonly realmFailure: RealmFailure | null;
}

export interface StatusFacts {
  readonly now: number;
  readonly registry: RegistryFacts & RegistryTrial;
  readonly auth: AuthFacts & TokenTrial;
  readonly notifications: NotificationFacts;
  readonly database: {
    readonly engine: 'sqlite' | 'postgres';
    /** The `synchronous` of SQLite, in capitals. */
    readonly synchronous: string | null;
    readonly storage: StorageFacts;
  };
  readonly index: IndexFacts;
  /** Work that comes back by the clock. */
  readonly jobs: readonly JobState[];
}

/** @param cameBy the address, with the base path, under which whoever asks reached us. */
export type LoadStatusFacts = (cameBy?: string) => Promise<StatusFacts>;
