import { sql } from 'kysely';

/**
 * Order of the tags of one image: versions first, highest in front, then other names. Keys of versions begin with the
 * length of their first number (`tag-key.ts`).
 */
export const versionsFirst = sql`case when name_key >= '0' and name_key < ';' then 0 else 1 end, name_key desc, name`;
