import { AppError } from '../../errors.ts';
import type { Database } from '../../storage/database.ts';

/** Description of a repository, in Markdown. */
export interface Description {
  /** '' when it was emptied. */
  readonly text: string;
  readonly version: number;
  readonly editedBy: string;
  readonly editedAt: number;
}

export interface DescriptionEdit {
  readonly repository: string;
  readonly text: string;
  /** Version of the text that was edited; 0 when there was none. */
  readonly version: number;
  /** User name; '' without sign-in. */
  readonly by: string;
}

export const MAX_BYTES = 64 * 1024;

export interface DescriptionsDeps {
  readonly db: Database;
  readonly now: () => number;
}

/** Table `descriptions`. The caller has checked who may see the repository and who may write. */
export function createDescriptions({ db, now }: DescriptionsDeps) {
  async function find(repository: string): Promise<Description | undefined> {
    const row = await db.selectFrom('descriptions').selectAll().where('repository', '=', repository).executeTakeFirst();
    return row && { text: row.text, version: row.version, editedBy: row.edited_by, editedAt: row.edited_at };
  }

  /** @throws {AppError} INVALID for text that cannot be stored, CONFLICT when it was edited since that version. */
  async function write({ repository, text, version, by }: DescriptionEdit): Promise<Description> {
    const row = { text: cleanText(text), version: version + 1, edited_by: by, edited_at: now() };
    // A single statement, so that of two simultaneous edits one changes no row.
    const changed =
      version === 0
        ? await db
            .insertInto('descriptions')
            .values({ repository, ...row })
            .onConflict((conflict) => conflict.doNothing())
            .returning('version')
            .executeTakeFirst()
        : await db
            .updateTable('descriptions')
            .set(row)
            .where('repository', '=', repository)
            .where('version', '=', version)
            .returning('version')
            .executeTakeFirst();
    if (changed === undefined) throw editedMeanwhile();
    return { text: row.text, version: row.version, editedBy: by, editedAt: row.edited_at };
  }

  return { find, write };
}
export type Descriptions = ReturnType<typeof createDescriptions>;

/**
 * Normalises line ends.
 * @throws {AppError} INVALID when it is too long or contains NUL or incomplete surrogate pairs.
 */
function cleanText(text: string): string {
  const clean = text.replace(/\r\n?/g, '\n').trimEnd();
  if (Buffer.byteLength(clean) > MAX_BYTES) {
    throw new AppError('INVALID', `A description has at most ${MAX_BYTES / 1024} kB.`, {
      key: 'description.too_large',
      params: { most: MAX_BYTES / 1024 },
      field: 'text',
    });
  }
  // Databases may change or refuse incomplete surrogate pairs and NUL.
  if (!clean.includes('\0') && !/\p{Surrogate}/u.test(clean)) return clean;
  throw new AppError('INVALID', 'The description contains characters that are no text.', {
    key: 'description.no_text',
    field: 'text',
  });
}

function editedMeanwhile(): AppError {
  return new AppError('CONFLICT', 'Somebody else changed this description meanwhile. Read it again first.', {
    key: 'description.edited',
  });
}
