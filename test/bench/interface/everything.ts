/** Every page that somebody can reach in the demo and every state, in both schemes, languages and widths. */
import type { Browser } from 'playwright-core';
import { startDemo } from '../../../scripts/demo/demo.ts';
import { passwordOf } from '../../../scripts/demo/people.ts';
import { checkOpen, contextOptions, LOOKS, lookName, type ProblemKind } from '../../support/page-check.ts';
import { type Viewer, type WalkProblem, walkPages } from '../../support/page-walk.ts';
import { freePort } from '../../support/ports.ts';
import { openState, STATES, startStates } from '../../support/states.ts';
import { type Line, note } from '../catalog/table.ts';

export const ADMIN: Viewer = {
  name: 'admin',
  password: passwordOf('admin'),
  starts: ['/repositories/charts/shop:5.1.2', '/repositories/web/shop/-/about/edit', '/roles/staff'],
};
export const READER: Viewer = { name: 'omar', password: passwordOf('omar') };
export const NOBODY: Viewer = { name: 'nobody', starts: ['/login', '/repositories/public/cli'] };

interface Counted {
  readonly looked: number;
  readonly problems: readonly WalkProblem[];
}

export async function everythingLines(browser: Browser): Promise<readonly Line[]> {
  const [pages, states] = [await inAllPages(browser), await inAllStates(browser)];
  const problems = [...pages.problems, ...states.problems];
  for (const { kind, text } of problems) note(`${kind} ${text}`);
  const where = `${pages.looked} pages and ${states.looked} states in ${LOOKS.length} looks`;
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
  const demo = await startDemo({ port: await freePort(), isSmall: false, say: () => undefined });
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

/** States are brought about in English; their page is then looked at in every look that keeps it. */
async function inAllStates(browser: Browser): Promise<Counted> {
  const web = await startStates();
  try {
    const problems: WalkProblem[] = [];
    for (const state of STATES) {
      for (const look of LOOKS.filter(({ locale }) => locale === 'en' || state.prepare === undefined)) {
        const { page, context } = await openState(browser, web, state, { ...contextOptions(look), bypassCSP: true });
        for (const { kind, text } of await checkOpen(page)) {
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
