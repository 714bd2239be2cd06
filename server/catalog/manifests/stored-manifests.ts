/** Reads stored manifests, so that the registry need not be asked again. */

import { type ExpressionBuilder, sql } from 'kysely';
import type { StoredManifest } from '../../registry/client/client.ts';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import type { Schema } from '../../storage/schema.ts';
import { idOf } from '../base/repository-lookup.ts';

/** Complete manifests; the others are worth another request. */
export async function completeManifests(db: Database, digests: readonly string[]): Promise<ReadonlySet<string>> {
  if (digests.length === 0) return new Set();
  const rows = await db
    .selectFrom('manifests')
    .select('digest')
    .where('digest', 'in', digests)
    .where(({ or, eb }) => or([eb('error', 'is', null), eb('kind', '=', 'unknown')]))
    .execute();
  return new Set(rows.map((row) => row.digest));
}

/**
 * A stored manifest. Its bytes only if they are worth parsing again and this repository has it; otherwise the registry
 * has to be asked.
 */
export async function storedManifest(
  db: Database,
  repository: string,
  digest: string,
): Promise<{ isComplete: boolean; stored?: StoredManifest } | undefined> {
  const row = await db
    .selectFrom('manifests')
    .select(['media_type', 'error', 'kind'])
    .select((each) =>
      each
        .case()
        .when(each.and([each('error', 'is not', null), each.exists(rowIn(each, repository))]))
        .then(each.ref('raw'))
        .else(null)
        .end()
        .as('raw'),
    )
    .where('digest', '=', digest)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { raw, media_type: mediaType } = row;
  return { isComplete: isFinal(row), ...(raw === null ? {} : { stored: { digest, mediaType, raw } }) };
}

/** The bytes of a stored manifest, of whatever repository. */
export async function storedRaw(db: Database, digest: string): Promise<{ mediaType: string; raw: Buffer } | undefined> {
  const row = await db
    .selectFrom('manifests')
    .select(['media_type', 'raw'])
    .where('digest', '=', digest)
    .executeTakeFirst();
  return row?.raw ? { mediaType: row.media_type, raw: row.raw } : undefined;
}

/** Whether another request cannot improve it: it is complete, or its stored bytes are unreadable. */
export function isFinal({ error, kind }: { readonly error: string | null; readonly kind: string }): boolean {
  return error === null || kind === 'unknown';
}

/**
 * The configuration, only if this repository has the manifest: anybody may push a manifest that names the configuration
 * of another.
 */
export async function storedConfig(
  db: Database,
  repository: string,
  configDigest: string,
): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('manifests')
    .select('config')
    .where('config_digest', '=', configDigest)
    .where('config', 'is not', null)
    .where((each) => each.exists(rowIn(each, repository)))
    .limit(1)
    .executeTakeFirst();
  return row?.config ?? undefined;
}

function rowIn({ selectFrom }: Pick<ExpressionBuilder<Schema, 'manifests'>, 'selectFrom'>, repository: string) {
  return selectFrom('held_manifests')
    .select('held_manifests.id')
    .whereRef('held_manifests.digest', '=', 'manifests.digest')
    .where('held_manifests.repository_id', '=', idOf(repository));
}

/** Those that the registry has confirmed for this repository. */
export async function heldIn(
  db: Database,
  repository: string,
  digests: readonly string[],
): Promise<ReadonlySet<string>> {
  if (digests.length === 0) return new Set();
  const rows = await db
    .selectFrom('held_manifests')
    .select('digest')
    .where('held_manifests.repository_id', '=', idOf(repository))
    .where(isAmong(db, sql.ref('held_manifests.digest'), digests))
    .execute();
  return new Set(rows.map(({ digest }) => digest));
}
