/** Events as if the registry had reported them, straight into their table. */
import type { Insertable } from 'kysely';
import type { Database } from '../../../server/storage/database.ts';
import type { EventsTable } from '../../../server/storage/schema.ts';

type Given = Partial<Insertable<EventsTable>>;

export function eventRow(given: Given & { readonly at: number }): Insertable<EventsTable> {
  return {
    event_id: `${given.at}-${given.repository ?? ''}-${Math.random()}`,
    envelope_id: 1,
    received_at: given.at,
    action: 'pull',
    repository: 'team/app',
    tag: 'v1',
    digest: `sha256:${'a'.repeat(64)}`,
    media_type: 'application/vnd.oci.image.manifest.v1+json',
    size_bytes: 1234,
    from_repository: null,
    actor: 'ci',
    actor_confirmed: 1,
    address: '192.0.2.7',
    user_agent: 'docker/27.0',
    method: 'GET',
    instance_id: 'one',
    verified: 1,
    of_manifest: 1,
    applied: 1,
    ...given,
  };
}

export async function insertEvents(db: Database, rows: readonly (Given & { readonly at: number })[]): Promise<void> {
  const atOnce = 100;
  for (let start = 0; start < rows.length; start += atOnce) {
    await db
      .insertInto('events')
      .values(rows.slice(start, start + atOnce).map(eventRow))
      .execute();
  }
}
