import { sql } from 'kysely';
import type { RegistryClient } from '../../registry/client/client.ts';
import { isSingleItemFailure } from '../../registry/client/failure.ts';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import { idOf } from '../base/repository-lookup.ts';
import type { ManifestRecord } from './record.ts';
import type { ManifestRetries } from './retries.ts';
import { heldIn } from './stored-manifests.ts';

export interface ManifestProofDeps {
  readonly db: Database;
  readonly client: Pick<RegistryClient, 'headManifest'>;
  readonly retries: Pick<ManifestRetries, 'waiting' | 'failed'>;
}

/** Remaining requests, shared by everything below one image. */
export interface Budget {
  left: number;
}

/**
 * Proves which manifests the registry has in a repository. An index may name manifests that only another repository
 * has, so what is known of a manifest from there is shown here only after the registry confirmed it. The rows of
 * `held_manifests` are the confirmed ones.
 */
export function createManifestProof({ db, client, retries }: ManifestProofDeps) {
  async function ask(repository: string, digests: readonly string[], budget: Budget): Promise<readonly string[]> {
    const waiting = await retries.waiting(repository, digests);
    const proven: string[] = [];
    const failed: string[] = [];
    for (const digest of digests) {
      if (waiting.has(digest)) continue;
      if (budget.left <= 0) break;
      budget.left -= 1;
      try {
        const isHere = (await client.headManifest(repository, digest)) !== undefined;
        (isHere ? proven : failed).push(digest);
      } catch (error) {
        // An unreachable registry says nothing about a single manifest.
        if (!isSingleItemFailure(error)) break;
        failed.push(digest);
      }
    }
    await retries.failed(repository, failed);
    return proven;
  }

  return {
    /** Checks these known manifests and everything that they list. @returns those that the registry has here. */
    async prove(
      repository: string,
      digests: readonly string[],
      budget: Budget,
      except = '',
    ): Promise<readonly string[]> {
      const open = (await unheldBelow(db, repository, digests)).map(({ digest }) => digest);
      return ask(
        repository,
        [...new Set(open)].filter((digest) => digest !== except),
        budget,
      );
    },

    /** The same for records that were read in another repository and are not stored yet. */
    async proveRead(
      repository: string,
      records: readonly ManifestRecord[],
      budget: Budget,
      except = '',
    ): Promise<readonly string[]> {
      const listed = records.flatMap(({ children }) => children.map((child) => child.child_digest));
      const digests = [...new Set([...records.map(({ digest }) => digest), ...listed])];
      const held = await heldIn(db, repository, digests);
      return ask(
        repository,
        digests.filter((digest) => digest !== except && !held.has(digest)),
        budget,
      );
    },

    /** Indexes with known children that this repository does not have yet. */
    async withOpen(repository: string, digests: readonly string[]): Promise<ReadonlySet<string>> {
      return new Set((await unheldBelow(db, repository, digests, 'index')).map(({ root }) => root));
    },
  };
}

/** Known manifests below these, without a row in the repository. */
async function unheldBelow(db: Database, repository: string, roots: readonly string[], kind?: 'index') {
  if (roots.length === 0) return [];
  const isKind = kind === undefined ? sql`1 = 1` : sql`kind = ${kind}`;
  const { rows } = await sql<{ root: string; digest: string }>`
    with recursive closure(root, digest) as (
      select digest, digest from manifests where ${isAmong(db, sql`digest`, roots)} and ${isKind}
      union select closure.root, listed.child_digest
        from closure join manifest_children as listed on listed.parent_digest = closure.digest)
    select closure.root, closure.digest from closure join manifests on manifests.digest = closure.digest
    where not exists (select 1 from held_manifests as held
      where held.digest = closure.digest and held.repository_id = ${idOf(repository)})`.execute(db);
  return rows;
}
