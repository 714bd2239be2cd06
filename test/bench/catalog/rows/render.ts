/** Pages of the product against a bare page of Express and EJS: worked out anew each time, and asked for again. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { BIG_REPOSITORY } from '../../../support/registry/generated-plan.ts';
import { type Line, median } from '../../lines.ts';
import { type LoadOptions, load } from '../../load.ts';
import { fresh, pagePaths } from '../pages.ts';
import { type Stage, sharedFolder } from '../stages.ts';

const MIN_ANEW = 0.15;
const MIN_AGAIN = 0.5;
const ROUNDS = 3;
const CONNECTIONS = 16;
const BARE = join(import.meta.dirname, '..', 'bare-server.ts');

export function comparedPages({ size }: Stage): Readonly<Record<string, string>> {
  return {
    repositories: '/repositories?sort=name',
    folder: `/repositories?folder=${sharedFolder(size)}`,
    'tags of the largest repository': `/repositories/${BIG_REPOSITORY}`,
    image: pagePaths(size)['image']?.[0] ?? '',
    home: '/',
  };
}

export async function renderRows(stage: Stage, loadMs: number): Promise<readonly Line[]> {
  const bare = await startBare();
  try {
    const headers = (await stage.people('everything')).map((cookie) => ({ cookie }));
    const own = { port: stage.server.app.port, headers, loadMs };
    const other = { port: bare.port, path: '/page', headers: {}, loadMs };
    const lines: Line[] = [];
    for (const [name, path] of Object.entries(comparedPages(stage))) {
      const rounds: Round[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        rounds.push({
          bare: await rate(other),
          anew: await rate({ ...own, path: fresh([path]) }),
          again: await rate({ ...own, path }),
        });
      }
      lines.push(
        ratioLine(`${name}, worked out anew`, rounds, 'anew', MIN_ANEW),
        ratioLine(`${name}, again by people of the same rights`, rounds, 'again', MIN_AGAIN),
      );
    }
    return lines;
  } finally {
    bare.child.kill();
  }
}

interface Asked extends Pick<LoadOptions, 'port' | 'path' | 'headers'> {
  readonly loadMs: number;
}

/** Requests per second. */
type Round = Readonly<Record<'bare' | 'anew' | 'again', number>>;

function ratioLine(what: string, rounds: readonly Round[], kind: 'anew' | 'again', least: number): Line {
  const ratio = median(rounds.map((round) => round[kind] / round.bare));
  const [ours, bare] = [median(rounds.map((round) => round[kind])), median(rounds.map((round) => round.bare))];
  return {
    what: `${what}, against a bare page of Express and EJS (50 rows of 4 cells)`,
    measured: `ratio ${ratio.toFixed(3)}: ${ours.toFixed(0)}/s against ${bare.toFixed(0)}/s`,
    goal: `at least ${least}`,
    isMet: ratio >= least,
  };
}

async function rate({ loadMs, ...asked }: Asked): Promise<number> {
  const { perSecond, failures } = await load({ ...asked, connections: CONNECTIONS, durationMs: loadMs });
  if (failures > 0) throw new Error(`${failures} answers were no 200`);
  return perSecond;
}

async function startBare(): Promise<{ child: ChildProcess; port: number }> {
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = fork(BARE, { execArgv: ['--import', 'tsx'], env });
  const [message] = (await Promise.race([once(child, 'message'), failed(child)])) as [{ port: number }];
  return { child, port: message.port };
}

async function failed(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`The bare server ended with ${code}`);
}
