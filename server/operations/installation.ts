/** Everything that is known of the installation, what asking the registry tells included. */

import type { CrawlProgress } from '../catalog/sync/crawl.ts';
import { type Database, synchronousMode } from '../storage/database.ts';
import { isPostgres } from '../storage/engine.ts';
import { withTimeout } from '../with-timeout.ts';
import { type AuthFactsDeps, authFacts } from './auth-facts.ts';
import type { IndexFacts, LoadStatusFacts, StatusFacts } from './facts.ts';
import type { KnownFacts } from './known-facts.ts';
import { createRegistryTrial, type RegistryTrialDeps, type Trial } from './registry-trial.ts';

export interface InstallationDeps extends AuthFactsDeps, RegistryTrialDeps {
  readonly signer: (AuthFactsDeps['signer'] & RegistryTrialDeps['signer']) | undefined;
  readonly known: KnownFacts;
  /** Asks the index thread. */
  readonly crawlProgress: () => Promise<CrawlProgress | undefined>;
  readonly db: Database;
}

const SYNCHRONOUS = ['OFF', 'NORMAL', 'FULL', 'EXTRA'];
const CRAWL_WITHIN_MS = 1000;

/** @returns what asks the registry, once for everybody who looks within two seconds. */
export function createStatusFacts(deps: InstallationDeps): LoadStatusFacts {
  const { known } = deps;
  const trial = createRegistryTrial(deps);
  return async (cameBy) => {
    const tried = await trial();
    return {
      now: deps.now(),
      registry: registryFacts(deps, tried),
      auth: { ...authFacts(deps, cameBy), ...tried.token },
      notifications: await known.notifications(),
      database: await databaseFacts(deps),
      index: await indexFacts(deps),
      jobs: known.jobs(),
    };
  };
}

function registryFacts({ config, client, known }: InstallationDeps, tried: Trial): StatusFacts['registry'] {
  const trustsAnyCertificate = config.registry.trust_any_ssl && client.address.startsWith('https:');
  return { ...known.registry(), ...tried.registry, trustsAnyCertificate };
}

async function databaseFacts({ db, known }: InstallationDeps): Promise<StatusFacts['database']> {
  const storage = known.storage();
  if (isPostgres(db)) return { engine: 'postgres', synchronous: null, storage };
  return { engine: 'sqlite', synchronous: SYNCHRONOUS[await synchronousMode(db)] ?? null, storage };
}

/** How far a crawl is at this moment; what the index thread told last where it does not answer soon. */
async function indexFacts({ known, crawlProgress }: InstallationDeps): Promise<IndexFacts> {
  const crawl = await withTimeout(crawlProgress(), CRAWL_WITHIN_MS).catch(() => undefined);
  const told = known.index();
  return { ...told, crawl: crawl ?? told.crawl };
}
