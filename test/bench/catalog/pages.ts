/** What people open, and how long the server takes for it while fifty of them do. */
import {
  BIG_REPOSITORY,
  createRandom,
  planRegistry,
  type RegistrySize,
} from '../../support/registry/generated-plan.ts';
import { median, quantile } from '../lines.ts';
import { type LoadResult, load } from '../load.ts';
import type { Stage } from './stages.ts';

export const CLIENTS = 50;

export interface PageFigures {
  readonly name: string;
  readonly serverP50Ms: number;
  readonly serverP99Ms: number;
  readonly cpuMs: number;
  readonly seen: LoadResult;
}

export type PagePaths = Readonly<Record<string, readonly string[]>>;

/**
 * Some of each kind.
 * @param below Only from these folders; default: everywhere.
 */
export function pagePaths(size: RegistrySize, below?: readonly string[]): PagePaths {
  const plans = planRegistry(size).filter(
    ({ name }) => below === undefined || below.some((folder) => name.startsWith(`${folder}/`)),
  );
  const random = createRandom(7);
  const some = Array.from({ length: 40 }, () => plans[Math.floor(random() * plans.length)]?.name ?? '');
  const folders = [...new Set(some.filter((name) => name.includes('/')).map((name) => name.split('/')[0] ?? ''))];
  const images = plans.filter(({ kind }) => kind !== 'helm').slice(0, 40);
  const sorts = ['', '?sort=pushed', '?sort=tags', '?sort=size&direction=asc', '?sort=pulls', '?sort=name'];
  const words = ['api', 'worker', 'gateway-1', 'pay', 'tag:v1.2.*', 'label:team=search', 'monolith', 'importer'];
  return {
    'repository list': [...sorts, '?filter=api', '?filter=gateway-2'].map((query) => `/repositories${query}`),
    'folder list': folders.map((folder) => `/repositories?folder=${folder}`),
    'tag list (largest)': ['', '?sort=name', '?sort=size', '?sort=pushed', '?sort=pulls', '?filter=main-77'].map(
      (query) => `/repositories/${BIG_REPOSITORY}${query}`,
    ),
    'tag list': some.map((name) => `/repositories/${name}`),
    image: images.map(({ name }) => `/repositories/${name}:v1.0.0`),
    search: words.map((word) => `/search?q=${encodeURIComponent(word)}`),
    space: ['/space', ...folders.slice(0, 5).map((folder) => `/space?folder=${folder}`)],
  };
}

/** An address that nobody asked for before: what a server remembers of pages does not help it. */
export function fresh(paths: readonly string[]): () => string {
  let asked = 0;
  return () => {
    const path = paths[asked % paths.length] ?? '';
    asked += 1;
    return `${path}${path.includes('?') ? '&' : '?'}x=${asked}`;
  };
}

export async function measurePages(
  stage: Stage,
  cookie: string,
  durationMs: number,
  pages = pagePaths(stage.size),
): Promise<readonly PageFigures[]> {
  const figures: PageFigures[] = [];
  for (const [name, paths] of Object.entries(pages)) {
    const given = { port: stage.server.app.port, path: fresh(paths), headers: { cookie }, connections: CLIENTS };
    // Templates compiled, statements prepared.
    await load({ ...given, connections: 4, durationMs: 700 });
    await stage.server.reset();
    const seen = await load({ ...given, durationMs });
    const { durations, cpuMs } = await stage.server.report();
    if (seen.failures > 0) throw new Error(`${name}: ${seen.failures} answers were no 200`);
    figures.push({
      ...{ name, seen, cpuMs: cpuMs / durations.length },
      ...{ serverP50Ms: median(durations), serverP99Ms: quantile(durations, 0.99) },
    });
  }
  return figures;
}
