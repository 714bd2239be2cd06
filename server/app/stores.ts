/** The stores that pages and API share, so that simultaneous requests for the same content ask the registry once. */
import type { Access } from '../access/engine.ts';
import { createPublicAccess } from '../access/public.ts';
import { createSingleRuleRoles } from '../access/single-rule.ts';
import type { ContentReader } from '../artifacts/reader.ts';
import { createImages, type ImagesDeps } from '../catalog/images/images.ts';
import { createDescriptions } from '../catalog/lists/descriptions.ts';
import { createRepositoryStore } from '../catalog/lists/repositories.ts';
import { createStars } from '../catalog/lists/stars.ts';
import { createTagStore } from '../catalog/lists/tags.ts';
import { createDocuments, type DocumentsDeps } from '../catalog/manifests/documents.ts';
import { createSearch } from '../catalog/search/search.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../storage/database.ts';

export interface StoresDeps {
  readonly db: Database;
  readonly access: Pick<Access, 'rightsOf'>;
  readonly fetchManifest: ImagesDeps['fetchManifest'];
  readonly getBlob: DocumentsDeps['getBlob'];
  /** Default: each store has a reader of its own. */
  readonly reader?: ContentReader;
  readonly now: () => number;
  readonly log: Logger;
}

export type Stores = ReturnType<typeof createStores>;

export function createStores({ db, access, fetchManifest, getBlob, reader, now, log }: StoresDeps) {
  const single = createSingleRuleRoles(db, now);
  const read = reader === undefined ? {} : { reader };
  return {
    repositories: createRepositoryStore(db),
    tags: createTagStore(db),
    images: createImages({ db, fetchManifest, log, ...read }),
    documents: createDocuments({ db, getBlob, now, log, ...read }),
    descriptions: createDescriptions({ db, now }),
    stars: createStars({ db, now }),
    search: createSearch({ db, now }),
    ...{ single, publicAccess: createPublicAccess({ access, single }) },
  };
}
