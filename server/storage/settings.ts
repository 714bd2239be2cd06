import type { Database } from './database.ts';

/** Table `settings`: small values of the process itself, such as generated secrets and the last instance ID seen. */
export function createSettings(db: Database) {
  async function get(key: string): Promise<string | undefined> {
    const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
    return row?.value;
  }
  async function set(key: string, value: string): Promise<void> {
    await db
      .insertInto('settings')
      .values({ key, value })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
      .execute();
  }
  return {
    get,
    set,
    remove: async (key: string): Promise<void> => {
      await db.deleteFrom('settings').where('key', '=', key).execute();
    },
    /** The stored value; when there is none, stores and returns what `make` returns. Safe with several replicas. */
    async getOrCreate(key: string, make: () => string): Promise<string> {
      await db
        .insertInto('settings')
        .values({ key, value: make() })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return (await get(key)) ?? '';
    },
  };
}
export type Settings = ReturnType<typeof createSettings>;
