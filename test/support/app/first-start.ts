import { createGrantStore } from '../../../server/access/grants.ts';
import { createRoleStore } from '../../../server/access/roles.ts';
import { createUserStore } from '../../../server/access/users.ts';
import { ensureFirstAdmin } from '../../../server/accounts/first-admin.ts';
import { createLogger } from '../../../server/log.ts';
import { openDatabase } from '../../../server/storage/database.ts';
import { createSettings } from '../../../server/storage/settings.ts';

/** What a start writes before anybody can reach it: the tables, the first admin and the one-time code. */
export async function firstStart(dataPath: string): Promise<void> {
  const { db, close } = await openDatabase({ dataPath, exclusive: true });
  await ensureFirstAdmin({
    users: createUserStore(db),
    roles: createRoleStore(db),
    grants: createGrantStore(db),
    settings: createSettings(db),
    hasher: { hash: async () => 'hash' },
    password: null,
    log: createLogger('silent'),
  });
  await close();
}
