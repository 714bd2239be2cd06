/** Every journey of the product, walked by people who work differently, in both languages, with a real registry and client. */
import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import type { Locale } from '../../server/web/shell/i18n.ts';
import { writeImageLayout } from '../clients/sample.ts';
import { createShell, type Shell } from '../clients/shell.ts';
import { startApp } from '../support/app/app.ts';
import { assertFailed, assertWorked } from '../support/app/walk.ts';
import { launch } from '../support/browser/browser.ts';
import { createPerson, HANDS, type Hand, type Person } from '../support/browser/person.ts';
import { eventually } from '../support/process/eventually.ts';
import { freePorts } from '../support/process/ports.ts';
import { temporaryFolder } from '../support/process/tmp.ts';
import { requireTools } from '../support/process/tools.ts';
import { registryBinary } from '../support/registry/registry.ts';

const TEMPLATE = join(import.meta.dirname, '..', '..', 'conf', 'registry.yml');
const ADMIN_PASSWORD = 'my-own-long-password';
const LIN = { username: 'lin', password: 'the-password-of-lin' };
const CAROL = { username: 'carol', password: 'the-password-of-carol' };
const LOCALES: readonly Locale[] = ['en', 'zh-CN'];
const { skip, paths } = await requireTools('registry-3.1.1', 'skopeo', 'chromium');

let browser: Browser;
before(async () => {
  if (skip === false) browser = await launch();
});
after(() => browser?.close());

for (const hand of HANDS) {
  for (const locale of LOCALES) {
    test(`from nothing to a right that was granted: ${hand}, ${locale}`, { skip }, () => walk(hand, locale));
  }
}

async function walk(hand: Hand, locale: Locale): Promise<void> {
  const folder = await temporaryFolder('journeys');
  const [port = 0, registryPort = 0] = await freePorts(2);
  const host = `localhost:${registryPort}`;
  const app = await startApp({
    port,
    isFresh: true,
    config: { registry: { binary: await registryBinary('3.1.1'), port: registryPort, name: host } },
    prepare: (conf) => copyFile(TEMPLATE, join(conf, 'registry.yml')),
  });
  try {
    await eventually('the registry answers', () => isUp(host));
    const admin = await createPerson({ browser, url: app.url, hand, locale });
    await firstDayOfAnAdmin(admin, createClients(host, folder.path)).finally(admin.close);
    assert.deepEqual(admin.problems, []);
  } finally {
    await app.stop();
    await folder.remove();
  }
}

async function firstDayOfAnAdmin(admin: Person, clients: Clients): Promise<void> {
  await signInFirst(admin);
  await addUser(admin, LIN, ['write-all', 'delete-all']);
  await addUser(admin, CAROL, []);
  const lin = await clients(LIN);
  await firstPush(admin, lin);
  await findThreeWays(admin);
  await readImage(admin);
  await compareTwo(admin);
  await deleteAndUndo(admin, lin);
  await grantWhatWasRefused(admin, await clients(CAROL));
  await seeWhatHappened(admin);
  await signOut(admin);
}

function isUp(host: string): Promise<boolean> {
  return fetch(`http://${host}/`).then(
    (answer) => answer.ok,
    () => false,
  );
}

interface Client {
  readonly push: (tag: string) => Promise<void>;
  readonly tryPull: () => ReturnType<Shell['run']>;
}

type Clients = (user: typeof LIN) => Promise<Client>;

/** Pushes `team/app` under any tag, each another image. */
function createClients(host: string, folder: string): Clients {
  return async ({ username, password }: typeof LIN): Promise<Client> => {
    const shell = await createShell(paths.skopeo, folder, username);
    const login = ['login', '--tls-verify=false', '-u', username, '--password-stdin', host];
    assertWorked(await shell.run(login, { input: password }));
    return {
      push: async (tag) => {
        const layout = join(folder, `layout-${tag}`);
        await writeImageLayout(layout, tag);
        const to = `docker://${host}/team/app:${tag}`;
        assertWorked(await shell.run(['copy', '--dest-tls-verify=false', `oci:${layout}:v1`, to]));
      },
      tryPull: () =>
        shell.run(['copy', '--src-tls-verify=false', `docker://${host}/team/app:v2`, `dir:${join(folder, username)}`]),
    };
  };
}

async function signInFirst({ visit, fill, press, page, t }: Person): Promise<void> {
  await visit('/');
  await fill(t('accounts:login.username'), 'admin');
  await fill(t('accounts:login.password'), 'admin');
  await press('button', t('accounts:login.submit'));
  await fill(t('accounts:password.new'), ADMIN_PASSWORD);
  await fill(t('accounts:password.repeated'), ADMIN_PASSWORD);
  await press('button', t('accounts:setup.submit'));
  await page.waitForURL(/\/$/);
}

async function addUser(person: Person, user: typeof LIN, roles: readonly string[]): Promise<void> {
  const { visit, press, fill, tick, page, t } = person;
  await visit('/users');
  await press('link', t('accounts:users.new'));
  await fill(t('accounts:login.username'), user.username);
  await fill(t('accounts:login.password'), user.password);
  for (const role of roles) await tick('checkbox', new RegExp(`^${role}`));
  await press('button', t('accounts:users.add'));
  await page.waitForURL(new RegExp(`/users/${user.username}$`));
}

/** The empty registry says how to begin, and notices that somebody did. */
async function firstPush({ visit, sees, page, main, hand, t }: Person, lin: Client): Promise<void> {
  await visit('/');
  await eventually('home says how to begin', async () => {
    // Before the first crawl has ended nothing is said to be empty.
    if (hand === 'no-script') await page.reload();
    return main
      .getByText(/docker push localhost:\d+\//)
      .filter({ visible: true })
      .first()
      .isVisible();
  });
  await lin.push('v1');
  await lin.push('v2');
  await eventually('home shows the push', async () => {
    // With scripts the open page shows it by itself.
    if (hand === 'no-script') await page.reload();
    return main.getByRole('link', { name: 'v2', exact: true }).isVisible();
  });
  await sees(t('home:just_pushed'));
}

async function findThreeWays(person: Person): Promise<void> {
  const { visit, press, fill, sees, page, main, t } = person;
  await visit('/repositories');
  await press('link', /app/, main);
  await press('link', 'v2', main);
  await page.waitForURL(/\/repositories\/team\/app(:v2|@sha256)/);

  await visit('/repositories?view=flat');
  await fill(t('parts:repositories.filter'), 'ap', 'searchbox');
  await page.keyboard.press('Enter');
  await page.waitForURL(/filter=ap/);
  await press('link', /app/, main);
  await sees('v1');

  await visit('/events');
  await search(person);
  await page.waitForURL(/\/repositories\/team\/app(:v1|@sha256)/);
}

async function search({ activate, page, hand, t }: Person): Promise<void> {
  if (hand === 'keyboard' || hand === 'mouse') await page.keyboard.press('/');
  const box = page
    .getByRole('combobox', { name: t('search:label') })
    .or(page.getByRole('searchbox', { name: t('search:label') }))
    // Under the open palette its copy keeps the place in the bar.
    .and(page.locator(':not([inert], [inert] *)'));
  if (hand === 'thumb' || hand === 'no-script')
    await activate(
      page
        .getByRole('link', { name: t('search:open') })
        .or(box)
        .filter({ visible: true })
        .first(),
    );
  await box.filter({ visible: true }).first().fill('team/app:v1');
  if (hand === 'no-script') {
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/search\?/);
    return page
      .getByRole('main')
      .getByRole('link', { name: /team\/app:\s*v1$/ })
      .first()
      .click();
  }
  const option = page.getByRole('option', { name: /team\/app:v1/ }).first();
  await option.waitFor();
  if (hand !== 'keyboard') return activate(option);
  for (let step = 0; step < 20 && (await option.getAttribute('aria-selected')) !== 'true'; step += 1) {
    await page.keyboard.press('ArrowDown');
  }
  await page.keyboard.press('Enter');
}

async function readImage({ visit, press, unfold, sees, page, main, t }: Person): Promise<void> {
  await visit('/repositories/team/app:v2');
  await press('link', t('parts:tab.dockerfile'));
  await sees('COPY');
  await press('link', t('parts:tab.configuration'));
  await sees('/srv');
  const secret = main.locator('details', { hasText: 'of-v2' }).first();
  assert.equal(await secret.getAttribute('open'), null, 'a secret is not shown until asked for');
  await unfold(t('parts:config.hidden'), main);
  assert.notEqual(await secret.getAttribute('open'), null);
  await press('link', t('parts:tab.manifest'));
  await sees(/application\/vnd\.oci\.image\.layer/);
  await page.waitForURL(/manifest/);
}

async function compareTwo({ visit, press, sees, main, page, t }: Person): Promise<void> {
  await visit('/repositories/team/app:v2');
  await press('link', t('image:compare.button'));
  await press('link', 'v1', main);
  await page.waitForURL(/\/compare\?/);
  await sees(t('image:compare.difference'));
  await sees(t('image:change.changed'));
}

async function deleteAndUndo({ visit, press, sees, page, t }: Person, lin: Client): Promise<void> {
  await visit('/repositories/team/app:v2');
  await press('link', t('parts:delete.button'));
  await sees(t('parts:delete.goes'));
  await press('button', t('parts:delete.confirm', { tag: 'v2' }));
  await sees(t('parts:delete.done', { tag: 'v2', repository: 'team/app' }));
  assertFailed(await lin.tryPull(), /unknown|not found/i);
  await press('button', t('parts:delete.undo'));
  await page.getByRole('main').getByRole('link', { name: 'v2', exact: true }).first().waitFor();
  assertWorked(await lin.tryPull());
}

async function grantWhatWasRefused(person: Person, carol: Client): Promise<void> {
  const { visit, press, tick, sees, t } = person;
  assertFailed(await carol.tryPull(), /denied|unauthorized|authentication required/i);
  await visit('/events');
  await press('link', t('activity:tab.refused'));
  await sees('carol');
  await press('link', new RegExp(t('activity:refused.grant')));
  await sees(t('activity:grant.rules'));
  await tick('radio', /^read-all/);
  await press('button', t('activity:grant.submit'));
  await sees(t('activity:grant.done', { user: 'carol', role: 'read-all' }));
  assertWorked(await carol.tryPull());
}

async function seeWhatHappened({ visit, sees, main, page, hand, t }: Person): Promise<void> {
  await visit('/events');
  await eventually('the pull is listed', async () => {
    if (hand === 'no-script') await page.reload();
    return main.getByRole('row', { name: /carol/ }).first().isVisible();
  });
  await sees('lin');
  await visit('/audit');
  await sees(t('accounts:audit.action.role_grant'));
  await sees(t('accounts:audit.action.tag_delete'));
  await sees(t('accounts:audit.action.manifest_restore'));
}

async function signOut({ unfold, press, sees, t }: Person): Promise<void> {
  const menu = await unfold(t('shell:account.menu', { name: 'admin' }));
  await press('button', t('shell:account.sign_out'), menu);
  await sees(t('accounts:login.title'));
}
