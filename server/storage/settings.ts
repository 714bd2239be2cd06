import type { Database } from './database.ts';

/** Small values that the process keeps for itself: secrets of its own making, the last instance seen. */
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
    /** The kept value, or the one `make` returns, kept from now on. */
    async getOrMake(key: string, make: () => string): Promise<string> {
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
