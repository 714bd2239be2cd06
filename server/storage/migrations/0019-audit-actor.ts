import type { Kysely } from 'kysely';

/** What one person did, the latest first: asked for with each look at that person. */
export async function up({ schema }: Kysely<unknown>): Promise<void> {
  await schema.createIndex('audit_actor').on('audit').columns(['actor', 'id']).execute();
}
