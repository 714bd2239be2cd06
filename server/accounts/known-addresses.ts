import type { Database } from '../storage/database.ts';

const DAY_MS = 24 * 3600 * 1000;
const KNOWN_MS = 30 * DAY_MS;
const MAX_ADDRESSES_PER_USER = 20;

/** Table `known_places`: addresses from which an account signed in within 30 days, at most 20 each. */
export function createKnownAddresses(db: Database, now: () => number) {
  async function lastAt(userId: number, address: string): Promise<number | undefined> {
    const place = db.selectFrom('known_places').where('user_id', '=', userId).where('address', '=', address);
    return (await place.select('last_at').executeTakeFirst())?.last_at;
  }

  async function removeOldest(userId: number): Promise<void> {
    const newest = db.selectFrom('known_places').where('user_id', '=', userId).orderBy('last_at', 'desc');
    const first = await newest.select('last_at').offset(MAX_ADDRESSES_PER_USER).limit(1).executeTakeFirst();
    if (first === undefined) return;
    const places = db.deleteFrom('known_places').where('user_id', '=', userId);
    await places.where('last_at', '<=', first.last_at).execute();
  }

  return {
    async has(userId: number, address: string): Promise<boolean> {
      return ((await lastAt(userId, address)) ?? 0) > now() - KNOWN_MS;
    },
    /** Writes at most once a day for each account and address. */
    async record(userId: number, address: string): Promise<void> {
      const at = now();
      const known = await lastAt(userId, address);
      if (known !== undefined && Math.abs(at - known) < DAY_MS) return;
      await db
        .insertInto('known_places')
        .values({ user_id: userId, address, last_at: at })
        .onConflict((conflict) => conflict.columns(['user_id', 'address']).doUpdateSet({ last_at: at }))
        .execute();
      await removeOldest(userId);
    },
    async purgeExpired(): Promise<void> {
      await db
        .deleteFrom('known_places')
        .where('last_at', '<=', now() - KNOWN_MS)
        .execute();
    },
  };
}
export type KnownAddresses = ReturnType<typeof createKnownAddresses>;
