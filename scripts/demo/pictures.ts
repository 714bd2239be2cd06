/** Four pages, each in English and Chinese, light and dark, as README.md and README.zh-CN.md show them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launch, signIn } from '../../test/support/browser/browser.ts';
import { type Demo, startDemo } from './demo.ts';
import { passwordOf } from './people.ts';
import { shrinkPng } from './png.ts';
import { portOf } from './ports.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'images');
const SIZE = { width: 1440, height: 900 };
const MAX_BYTES = 200_000;
const WHO = 'admin';

const PAGES = {
  home: '/',
  repositories: '/repositories?view=folders',
  repository: '/repositories/web/shop',
  image: '/repositories/web/shop:latest',
} as const;
const LOOKS = [
  ['en', 'light'],
  ['en', 'dark'],
  ['zh-CN', 'light'],
  ['zh-CN', 'dark'],
] as const;
type Look = (typeof LOOKS)[number];

export async function takePictures(env: NodeJS.ProcessEnv): Promise<void> {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const port = portOf(env);
  // Without a handler nothing would be cleaned up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
  const demo = await startDemo({ port, isSmall: false, publicName: 'registry.example.com', say });
  try {
    const browser = await launch();
    mkdirSync(FOLDER, { recursive: true });
    for (const look of LOOKS) for (const file of await takeLook(browser, demo, look)) say(file);
    await browser.close();
  } finally {
    await demo.stop();
  }
}

async function takeLook(browser: Browser, { url }: Demo, [locale, colorScheme]: Look): Promise<readonly string[]> {
  const context = await browser.newContext({ viewport: SIZE, locale, colorScheme, timezoneId: 'UTC' });
  const page = await context.newPage();
  await signIn(page, url, { username: WHO, password: passwordOf(WHO) });
  const files: string[] = [];
  for (const [name, path] of Object.entries(PAGES)) {
    const file = `${name}${locale === 'en' ? '' : '-zh'}${colorScheme === 'dark' ? '-dark' : ''}.png`;
    await takePicture(page, url + path, join(FOLDER, file));
    files.push(file);
  }
  await context.close();
  return files;
}

async function takePicture(page: Page, url: string, path: string): Promise<void> {
  // Not until the network is quiet: the pages keep a stream of events open.
  const answer = await page.goto(url, { waitUntil: 'load' });
  if (answer?.ok() !== true) throw new Error(`${url} answers ${answer?.status()}`);
  await page.evaluate('document.fonts.ready');
  const picture = shrinkPng(await page.screenshot({ animations: 'disabled', caret: 'hide' }));
  if (picture.length > MAX_BYTES) throw new Error(`${path}: ${picture.length} bytes are too many for a README`);
  writeFileSync(path, picture);
}
