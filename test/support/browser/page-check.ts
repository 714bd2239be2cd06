/** What must hold of every page, whoever looks at it and on what. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { BrowserContext, Page } from 'playwright-core';
import type { Locale } from '../../../server/web/shell/i18n.ts';
import { drawn, pixelsTooWide, seenByTest, violations, watch } from './in-page.js';

/** One way of looking. */
export interface Look {
  readonly scheme: 'light' | 'dark';
  readonly locale: Locale;
  readonly width: 1440 | 390;
}

export const LOOKS: readonly Look[] = (['light', 'dark'] as const).flatMap((scheme) =>
  (['en', 'zh-CN'] as const).flatMap((locale) => ([1440, 390] as const).map((width) => ({ scheme, locale, width }))),
);

/** Between them both schemes, languages and widths. */
export const TWO_LOOKS: readonly [Look, Look] = [
  { scheme: 'light', locale: 'en', width: 1440 },
  { scheme: 'dark', locale: 'zh-CN', width: 390 },
];

export function lookName({ scheme, locale, width }: Look): string {
  return `${scheme} ${locale} ${width}`;
}

/** Without motion: colours that are still on their way would be measured. */
export function contextOptions({ scheme, locale, width }: Look) {
  return { colorScheme: scheme, locale, viewport: viewportOf(width), reducedMotion: 'reduce' as const };
}

export function viewportOf(width: Look['width']) {
  return { width, height: width === 390 ? 844 : 900 };
}

export type ProblemKind = 'accessibility' | 'policy' | 'script' | 'layout' | 'shift' | 'answer';

export interface Problem {
  readonly kind: ProblemKind;
  readonly text: string;
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** WCAG 2.2 AA, and what axe holds to be good besides. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * For contexts whose pages are looked at by `checkPage` and `checkOpen`; before their first page is opened.
 * @returns the errors of their scripts, as they come.
 */
export async function watchContext(context: BrowserContext): Promise<readonly Problem[]> {
  const errors: Problem[] = [];
  context.on('weberror', (thrown) => errors.push({ kind: 'script', text: thrown.error().message }));
  await context.addInitScript(watch);
  return errors;
}

/** Opens the path. @param status what it must answer with */
export async function checkPage(page: Page, path: string, status = 200): Promise<readonly Problem[]> {
  const errors: Problem[] = [];
  const onError = (error: Error) => errors.push({ kind: 'script', text: error.message });
  page.on('pageerror', onError);
  const answer = await page.goto(path);
  if (answer?.status() !== status) errors.push({ kind: 'answer', text: `${answer?.status()}, not ${status}` });
  const others = await checkOpen(page);
  page.off('pageerror', onError);
  return [...errors, ...others];
}

/** The page as it stands now. */
export async function checkOpen(page: Page): Promise<readonly Problem[]> {
  await page.evaluate(drawn);
  await page.evaluate(AXE);
  const found = await page.evaluate(violations, RULES);
  const seen = await page.evaluate(seenByTest);
  if (seen === undefined) throw new Error('nobody watches this page: its context needs watchContext');
  const tooWide = await page.evaluate(pixelsTooWide);
  return [
    ...found.map((text) => ({ kind: 'accessibility' as const, text })),
    ...seen.map((text) => ({ kind: text.startsWith('policy') ? ('policy' as const) : ('shift' as const), text })),
    ...(tooWide > 1 ? [{ kind: 'layout' as const, text: `${tooWide} px too wide` }] : []),
  ];
}

/** What moves while a page is drawn depends on how busy the machine is: `npm run bench -- interface` measures that. */
export function lasting<Kind extends { readonly kind: ProblemKind }>(problems: readonly Kind[]): readonly Kind[] {
  return problems.filter(({ kind }) => kind !== 'shift');
}
