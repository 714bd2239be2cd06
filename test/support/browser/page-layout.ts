/** Where pages stand outside of their boxes, at several widths. */
import type { Page } from 'playwright-core';
import { layoutProblems } from './in-page.js';

/** Desks, a small window whose navigation is folded to icons, a phone. */
export const WIDTHS = [1440, 1280, 1024, 390] as const;

/** Opens the path once and draws it at each width. @returns width, path and what is wrong */
export async function layoutOf(page: Page, path: string, widths: readonly number[]): Promise<readonly string[]> {
  const problems: string[] = [];
  await page.goto(path);
  for (const width of widths) {
    await page.setViewportSize({ width, height: width < 768 ? 844 : 900 });
    const found = await page.evaluate(layoutProblems);
    problems.push(...found.map((text) => `${width} px, ${path}: ${text}`));
  }
  return problems;
}
