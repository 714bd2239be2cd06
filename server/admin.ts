/**
 * Commands for whoever administers the machine, for example when nobody can sign in any more. They work beside a
 * running server.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMAND_LINE } from './access/actor.ts';
import { createGrantStore } from './access/grants.ts';
import { createRoleStore } from './access/roles.ts';
import { createUserStore, type User } from './access/users.ts';
import { createSetupCode } from './accounts/first-admin.ts';
import { createPasswordHasher } from './accounts/password.ts';
import { createRefreshTokens } from './accounts/refresh-tokens.ts';
import { createSessions } from './accounts/sessions.ts';
import { createPasswordReset } from './accounts/use-cases/passwords.ts';
import { createUserUseCases } from './accounts/use-cases/users.ts';
import { createAudit } from './audit/audit.ts';
import { isInContainer } from './config/container.ts';
import { configFile, loadConfig } from './config/load.ts';
import { dropRoot, startsAsImageRoot } from './config/privileges.ts';
import { AppError, StartError } from './errors.ts';
import { type Database, openDatabase } from './storage/database.ts';
import { rebuildIndex, verifyDatabase } from './storage/repair.ts';
import { createSettings } from './storage/settings.ts';

const USAGE = `Usage:
  npm run admin -- reset-password NAME   a new password for NAME, printed once; NAME is enabled and signed out everywhere
  npm run admin -- list-users            who has an account, with which roles
  npm run admin -- verify                reads the whole database and names damage and the ways out
  npm run admin -- rebuild-index         with the server stopped: a new database with people, rights and events; the index is
                                         read again from the registry
`;

const PAGE = 500;

export interface AdminOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
}

const ON_THE_TERMINAL: AdminOptions = {
  env: process.env,
  print: (text) => process.stdout.write(text),
  complain: (text) => process.stderr.write(text),
};

/**
 * @param argv The arguments after the command's own name.
 * @returns The exit code: 0; 1 on failure; 64 (EX_USAGE) for wrong arguments; that of a `StartError`.
 */
export async function main(argv: readonly string[], options: AdminOptions = ON_THE_TERMINAL): Promise<number> {
  const run = commandOf(argv, options);
  if (run === undefined) {
    options.complain(USAGE);
    return 64;
  }
  try {
    return await run(dataPathOf(options.env));
  } catch (error) {
    if (!(error instanceof AppError || error instanceof StartError)) throw error;
    options.complain(`${error.message}\n`);
    return error instanceof StartError ? error.exitCode : 1;
  }
}

/** @returns undefined for wrong arguments. */
function commandOf(
  [command, username, ...more]: readonly string[],
  options: AdminOptions,
): ((dataPath: string) => Promise<number>) | undefined {
  if (command === 'reset-password' && username !== undefined && more.length === 0) {
    return (dataPath) => withDatabase(dataPath, (db) => resetPassword(db, username, options));
  }
  if (username !== undefined) return undefined;
  if (command === 'list-users') return (dataPath) => withDatabase(dataPath, (db) => listUsers(db, options));
  if (command === 'verify') return async (dataPath) => verifyDatabase(dataPath, options.print);
  if (command === 'rebuild-index') return (dataPath) => rebuildIndex(dataPath, options.print);
  return undefined;
}

function dataPathOf(env: AdminOptions['env']): string {
  // `server/admin.ts` and the bundle `dist/admin.js` alike.
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const file = configFile(env, join(root, 'conf', 'config.yml'));
  const { config } = loadConfig({ file, env, inContainer: isInContainer(env) });
  return config.data.path;
}

async function withDatabase(dataPath: string, work: (db: Database) => Promise<number>): Promise<number> {
  const { db, close } = await openDatabase({ dataPath, exclusive: false });
  try {
    return await work(db);
  } finally {
    await close();
  }
}

async function resetPassword(db: Database, name: string, { print, complain }: AdminOptions): Promise<number> {
  const users = createUserStore(db);
  const user = await users.find(name);
  if (user === undefined) {
    complain(`There is no user ${name}. See: npm run admin -- list-users\n`);
    return 1;
  }
  const password = await renewAccess(db, user);
  print(`New password of ${user.username}: ${password}\nIt has to be changed at the first sign-in on the web page.\n`);
  return 0;
}

/** As on the pages: sets a new password and enables the account. */
async function renewAccess(db: Database, user: User): Promise<string> {
  const hasher = createPasswordHasher();
  const stores = {
    ...{ hasher, users: createUserStore(db), roles: createRoleStore(db), grants: createGrantStore(db) },
    ...{ sessions: createSessions(db, { now: Date.now }), refreshTokens: createRefreshTokens(db) },
    ...{ setupCode: createSetupCode(createSettings(db)), audit: createAudit(db) },
    // The running server caches by password version, which increases; this process caches nothing.
    credentials: { forget: () => undefined },
    forgetRefusals: async () => undefined,
  };
  try {
    const password = await createPasswordReset(stores)(COMMAND_LINE, user);
    // After the new password is set, so that the old one is never valid for an enabled account.
    if (!user.enabled) await createUserUseCases(stores).setEnabled(COMMAND_LINE, user, true);
    return password;
  } finally {
    await hasher.close();
  }
}

async function listUsers(db: Database, { print }: AdminOptions): Promise<number> {
  const users = createUserStore(db);
  const grants = createGrantStore(db);
  let after: string | undefined;
  do {
    const page = await users.list({ after, limit: PAGE });
    for (const user of page.users) print(await userLine(user, grants));
    after = page.next;
  } while (after !== undefined);
  return 0;
}

async function userLine(user: User, grants: ReturnType<typeof createGrantStore>): Promise<string> {
  const roles = await grants.rolesOf({ kind: 'user', id: user.id });
  const seen = user.lastSignInAt === undefined ? 'never signed in' : new Date(user.lastSignInAt).toISOString();
  const names = roles.map((role) => role.name).join(',') || '-';
  return `${[user.username, user.enabled ? 'enabled' : 'disabled', names, seen].join('\t')}\n`;
}

// Runs only as the bundle; tests call `main` themselves.
if (import.meta.url.endsWith('/dist/admin.js')) {
  // `docker exec` runs as root in our image: files it writes must stay readable for the server.
  if (startsAsImageRoot(process.env)) dropRoot();
  process.exitCode = await main(process.argv.slice(2));
}
