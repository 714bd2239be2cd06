/** Who works there and may do what. */
import bcrypt from 'bcryptjs';
import { createGrantStore } from '../../server/access/grants.ts';
import { createRoleStore } from '../../server/access/roles.ts';
import type { RuleInput } from '../../server/access/rule.ts';
import { createUserStore } from '../../server/access/users.ts';
import type { Database } from '../../server/storage/database.ts';

const DAY_MS = 24 * 3600_000;
/** Low: demo passwords need no protection. */
const BCRYPT_COST = 6;

interface Person {
  readonly name: string;
  readonly roles: readonly string[];
  readonly address: string;
  readonly sinceDays: number;
  /** Hours since they signed in; null: never, because it is a program. */
  readonly signedInHoursAgo: number | null;
}

const person = (
  name: string,
  roles: readonly string[],
  address: string,
  sinceDays: number,
  signedInHoursAgo: number | null = null,
): Person => ({ name, roles, address, sinceDays, signedInHoursAgo });

export const PEOPLE: readonly Person[] = [
  person('admin', ['admin'], '10.20.0.11', 210, 30),
  person('maria', ['platform-developers', 'staff'], '10.20.0.34', 204, 2),
  person('jonas', ['web-developers', 'staff'], '10.20.0.57', 180, 5),
  person('anna', ['payments', 'staff'], '10.20.0.41', 198, 7),
  person('wei', ['data', 'staff'], '10.20.3.18', 150, 3),
  person('priya', ['data', 'machine-learning', 'staff'], '10.20.3.22', 121, 26),
  person('tomas', ['operations', 'staff'], '10.20.0.12', 206, 1),
  person('lena', ['auditor', 'read-all'], '10.20.7.5', 90, 50),
  person('omar', ['staff'], '10.20.5.63', 34, 9),
  person('ci-github', ['pipelines'], '10.30.1.8', 200),
  person('mirror-sync', ['mirrors'], '10.30.1.20', 160),
  person('k8s-production', ['clusters'], '10.40.0.10', 199),
  person('k8s-staging', ['clusters'], '10.41.0.10', 199),
];

/** Whom the start prints, and what each of them shows. */
export const PRINTED: readonly (readonly [name: string, what: string])[] = [
  ['admin', 'administrator: everything'],
  ['maria', 'developer: pushes platform/**, reads what the staff reads'],
  ['lena', 'auditor: reads everything, and who did what'],
  ['omar', 'reader: web/**, platform/**, charts/** and the mirrors'],
];

export function passwordOf(name: string): string {
  return `${name}-demo`;
}

const PULL = { address: '*', canPull: true, canPush: false, canDelete: false };
const PUSH = { ...PULL, canPush: true };
const pull = (repository: string): RuleInput => ({ ...PULL, repository });
const push = (repository: string): RuleInput => ({ ...PUSH, repository });
const own = (repository: string): RuleInput => ({ ...PUSH, repository, canDelete: true });

const ROLES: Readonly<Record<string, readonly [description: string, rules: readonly RuleInput[]]>> = {
  staff: [
    'What everybody in the company may read, and a folder of their own',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: rules say it so.
    [pull('{web,platform,charts,tools,mirror}/**'), own('sandbox/${user}/**')],
  ],
  'platform-developers': ['The platform team', [own('platform/**'), push('tools/*'), push('charts/*')]],
  'web-developers': ['Everything that customers see', [own('web/**'), push('public/*')]],
  payments: ['From the office only', [{ ...own('payments/**'), address: '10.20.0.0/16' }, push('charts/payments')]],
  data: ['Warehouse and imports', [own('data/**')]],
  'machine-learning': ['Models and what trains them', [own('ml/**')]],
  operations: ['Runs it all', [own('**')]],
  pipelines: ['What builds and tests', [{ ...push('**'), address: '10.30.0.0/16' }]],
  mirrors: ['Copies what we take from others', [push('mirror/**')]],
  clusters: ['What runs our programs', [{ ...pull('**'), address: '{10.40.*,10.41.*}' }]],
  public: ['Without signing in', [pull('public/**')]],
};

export async function addPeople(db: Database, now: number): Promise<void> {
  const roles = createRoleStore(db, () => now - 205 * DAY_MS);
  await roles.ensureBuiltins();
  for (const [name, [description, rules]] of Object.entries(ROLES)) {
    const { id } = await roles.add({ name, description });
    await roles.setRules(id, rules);
  }
  const ids = new Map((await roles.list()).map((role) => [role.name, role.id]));
  for (const each of PEOPLE) await addPerson(db, each, { ids, now });
  const everybody = ids.get('public');
  if (everybody === undefined) throw new Error('There is no role for everybody');
  await createGrantStore(db, () => now - 80 * DAY_MS).grant({ kind: 'anonymous', id: 0 }, everybody, 'tomas');
}

interface Roles {
  readonly ids: ReadonlyMap<string, number>;
  readonly now: number;
}

async function addPerson(db: Database, each: Person, { ids, now }: Roles): Promise<void> {
  const users = createUserStore(db, () => now - each.sinceDays * DAY_MS);
  const roleIds = each.roles.map((name) => {
    const id = ids.get(name);
    if (id === undefined) throw new Error(`There is no role ${name}`);
    return id;
  });
  const { id } = await users.add({
    username: each.name,
    passwordHash: await bcrypt.hash(passwordOf(each.name), BCRYPT_COST),
    mustChangePassword: false,
    roleIds,
    by: each.name === 'admin' ? 'setup' : 'admin',
  });
  if (each.signedInHoursAgo === null) return;
  await users.recordSignIn(id, each.address, now - each.signedInHoursAgo * 3600_000);
}
