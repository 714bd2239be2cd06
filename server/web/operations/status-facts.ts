/** What /status is told. Collected by `app.ts` from the parts that know; judged by `status-checks.ts`. */
import type { Config } from '../../config/config.ts';
import type { RealmFailure } from '../../registry/client/realm-trial.ts';
import type { StorageFacts } from '../../storage/health.ts';

export interface StatusFacts {
  readonly now: number;
  readonly mode: 'managed' | 'configured';
  readonly registry: {
    readonly url: string;
    readonly publicName: string;
    readonly reachable: boolean;
    /** One plain sentence why not. */
    readonly error: string | null;
    /** The same as a key of `errors`, where there is one. */
    readonly failure?: RegistryFailure | undefined;
    /** `2.x`, `3.1.1` …: as far as the answers tell; null when they do not. */
    readonly version: string | null;
    /** The line it belongs to, guessed from its answers. */
    readonly line?: 2 | 3 | null;
    /** false: no token is what it asks for. */
    readonly demandsToken: boolean | null;
    /** It asks for a name and a password itself, as with htpasswd. */
    readonly demandsPassword?: boolean;
    /** What its challenge names; null when there was none, or when it asks for Basic. */
    readonly challenge: { readonly scheme: string; readonly realm: string; readonly service: string } | null;
    /** From its Date header; positive: it is ahead of us. */
    readonly clockDifferenceMs: number | null;
    /** `trust_any_ssl`, and it is asked by HTTPS. */
    readonly trustsAnyCertificate?: boolean;
    /** null: nobody has tried yet. */
    readonly deletionEnabled: boolean | null;
  };
  readonly auth: {
    readonly enabled: boolean;
    readonly service: string;
    readonly issuer: string;
    /** The realm we print, from `server.public_url`. */
    readonly realm: string;
    /** Where whoever looks at this page reaches us; null: nobody looks, or it is not known. */
    readonly cameBy?: string | null;
    /** `server.public_url` as configured, with the base path. */
    readonly publicUrl?: string | null;
    /** What fetching the registry's own realm gave; null: not tried, or there is no realm. */
    readonly realmReachable: boolean | null;
    readonly realmError: string | null;
    readonly realmFailure?: RealmFailure | null;
    readonly readonly: boolean;
    /** Whether the registry took a token of ours, and in which form. */
    readonly accepted: boolean | null;
    /** Why not: 3.x tells a foreign key from other claims (issuer, service, clock), 2.x does not. */
    readonly refusal?: 'key' | 'claims' | null;
    readonly headerMode: Config['registry']['auth']['token_header'] | null;
    readonly certificateExpiresAt: number | null;
    /** Registries check our tokens with a certificate that we hand out; false: with one that the operator has. */
    readonly hasCertificate: boolean;
    /** Where certificate and key are, as we see them. */
    readonly certificateFile?: string | null;
    readonly keyFile?: string | null;
  };
  readonly notifications: {
    readonly endpoint: string;
    readonly lastAt: number | null;
    /** The last one carried the configured secret. */
    readonly lastVerified: boolean | null;
    /** The registry process that sent it. */
    readonly lastInstance?: string | null;
    /** Last one that came without the right secret, and was sent back. */
    readonly refusedAt?: number | null;
    readonly hasSecret: boolean;
    readonly quarantined: number;
    /** Last push that we only know of because we issued its token. */
    readonly lastPushTokenAt: number | null;
  };
  readonly database: {
    readonly engine: 'sqlite' | 'postgres';
    readonly synchronous: string | null;
    /** undefined: another machine looks after it. */
    readonly storage?: StorageState;
  };
  /** The registry lacks most of what is known, and nothing is dropped for it. */
  readonly hold?:
    | { readonly since: number; readonly sampledCount: number; readonly missingCount: number }
    | null
    | undefined;
  /** The one that runs, or the last one. */
  readonly crawl: {
    readonly running: boolean;
    readonly done: number;
    readonly total: number | null;
    readonly finishedAt: number | null;
    readonly failures: number;
    readonly error: string | null;
    /** The same as a key of `errors`, where there is one. */
    readonly failure?: RegistryFailure | null;
    /** null: there was none yet. */
    readonly startedAt?: number | null;
    readonly reason?: string;
    readonly tags?: number;
    readonly elapsedMs?: number;
    readonly remainingMs?: number | null;
    readonly repositoriesPerSecond?: number | null;
    readonly tagsPerSecond?: number | null;
    /** Requests that may run at once now. */
    readonly concurrency?: number | null;
    readonly source?: 'registry' | 'disk';
    /** Why the storage folder was not used. */
    readonly sourceProblem?: RegistryFailure | null;
  };
  /** Work that comes back by the clock. */
  readonly jobs?: readonly JobFacts[];
}

export type StorageState = Omit<StorageFacts, 'error'>;

export interface RegistryFailure {
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
}

export interface JobFacts {
  readonly name: string;
  /** A cron expression; null: switched off. */
  readonly schedule: string | null;
  readonly isRunning: boolean;
  readonly lastStartedAt: number | null;
  readonly lastDurationMs: number | null;
  readonly lastError: string | null;
  readonly nextAt: number | null;
}

/** @param cameBy the address, with the base path, under which whoever asks reached us. */
export type LoadStatusFacts = (cameBy?: string) => Promise<StatusFacts>;
