import { sql } from 'kysely';

/**
 * Of tags of one image those first that people call it by: versions, the highest in front, then other names. Keys of
 * versions begin with the length of their first number (`tag-key.ts`).
 */
export const versionsFirst = sql`case when name_key >= '0' and name_key < ';' then 0 else 1 end, name_key desc, name`;
