/** Every page that somebody can reach in the demo and every state, in both schemes, languages and widths. */
import type { Browser } from 'playwright-core';
import { startDemo } from '../../../scripts/demo/demo.ts';
import {
  checkOpen,
  contextOptions,
  LOOKS,
  lookName,
  type ProblemKind,
  viewportOf,
} from '../../support/browser/page-check.ts';
import { type WalkProblem, walkPages } from '../../support/browser/page-walk.ts';
import { openState, STATES, startStates } from '../../support/browser/states.ts';
import { ADMIN, NOBODY, READER } from '../../support/browser/viewers.ts';
import { registryBinary } from '../../support/registry/registry.ts';
import { type Line, note } from '../lines.ts';

interface Counted {
  readonly looked: number;
  readonly problems: readonly WalkProblem[];
}

export async function pageLines(browser: Browser): Promise<readonly Line[]> {
  return linesOf(await inAllPages(browser), 'pages');
}

export async function stateLines(browser: Browser): Promise<readonly Line[]> {
  return linesOf(await inAllStates(browser), 'states');
}

function linesOf({ looked, problems }: Counted, things: string): readonly Line[] {
  for (const { kind, text } of problems) note(`${kind} ${text}`);
  const where = `${looked} ${things} in ${LOOKS.length} looks`;
  return [
    lineOf('violations that axe finds', where, problems, ['accessibility', 'answer']),
    lineOf('violations of the policy and of Trusted Types, errors', where, problems, ['policy', 'script']),
    lineOf('layout that moved or is too wide', where, problems, ['layout', 'shift']),
  ];
}

function lineOf(what: string, where: string, problems: readonly WalkProblem[], kinds: readonly ProblemKind[]): Line {
  const count = problems.filter(({ kind }) => kinds.includes(kind)).length;
  return { what: `${what}: ${where}`, measured: String(count), goal: '0', isMet: count === 0 };
}

async function inAllPages(browser: Browser): Promise<Counted> {
  const binary = await registryBinary('3.1.1');
  const demo = await startDemo({ port: 0, isSmall: false, registryBinary: binary, say: () => undefined });
  try {
    const problems: WalkProblem[] = [];
    let looked = 0;
    for (const viewer of [ADMIN, READER, NOBODY]) {
      const walked = await walkPages({ browser, url: demo.url, viewer, looks: LOOKS, pictures: undefined });
      problems.push(...walked.problems);
      looked += walked.pages.length;
    }
    return { looked, problems };
  } finally {
    await demo.stop();
  }
}

/** States are brought about in English, in a wide window; their page is then looked at in every look that keeps it. */
async function inAllStates(browser: Browser): Promise<Counted> {
  const web = await startStates();
  try {
    const problems: WalkProblem[] = [];
    for (const state of STATES) {
      for (const look of LOOKS.filter(({ locale }) => locale === 'en' || state.prepare === undefined)) {
        const { page, context, errors } = await openState(browser, web, state, {
          ...contextOptions(look),
          viewport: viewportOf(1440),
        });
        await page.setViewportSize(viewportOf(look.width));
        for (const { kind, text } of [...(await checkOpen(page)), ...errors]) {
          problems.push({ kind, text: `${state.name}, ${lookName(look)}: ${text}` });
        }
        await context.setOffline(false);
        await context.close();
      }
    }
    return { looked: STATES.length, problems };
  } finally {
    await web.stop();
  }
}
