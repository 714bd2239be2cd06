/** How large and how long: the usual run, `--small` to see that everything works, `--full` for the table's figures. */
import type { RegistrySize } from '../../support/registry/generated-plan.ts';

export interface Scale {
  /** What is crawled. */
  readonly crawled: RegistrySize;
  /** Filled indexes. */
  readonly small: RegistrySize;
  readonly middle: RegistrySize;
  readonly large: RegistrySize;
  /** Of one measurement under load. */
  readonly loadMs: number;
  readonly tabs: number;
  readonly tabsMs: number;
  readonly pushes: number;
  readonly memoryMs: number;
}

const SMALL: RegistrySize = { repositories: 1000, tags: 10_000, manifests: 3000 };
const MIDDLE: RegistrySize = { repositories: 10_000, tags: 100_000, manifests: 30_000 };
const LARGE: RegistrySize = { repositories: 100_000, tags: 1_000_000, manifests: 300_000 };
const MINUTE = 60_000;

const USUAL: Scale = {
  crawled: { repositories: 2000, tags: 20_000, manifests: 6000 },
  ...{ small: SMALL, middle: MIDDLE, large: LARGE },
  ...{ loadMs: 4000, tabs: 300, tabsMs: MINUTE / 2, pushes: 100, memoryMs: 3 * MINUTE },
};
const TINY: Scale = {
  // With fewer, the sample of known images is more than a twentieth of what a restart may ask for.
  crawled: { repositories: 500, tags: 3000, manifests: 1000 },
  ...{ small: { repositories: 200, tags: 1000, manifests: 300 }, middle: SMALL },
  large: { repositories: 2000, tags: 20_000, manifests: 6000 },
  ...{ loadMs: 1000, tabs: 30, tabsMs: 8000, pushes: 5, memoryMs: 10_000 },
};

export function scaleOf(options: readonly string[]): Scale {
  if (options.includes('--small')) return TINY;
  const crawled = options.includes('--full') ? MIDDLE : USUAL.crawled;
  const memoryMs = options.includes('--hour') ? 60 * MINUTE : USUAL.memoryMs;
  return { ...USUAL, crawled, memoryMs };
}

export function describeSize({ repositories, tags }: RegistrySize): string {
  return `${repositories.toLocaleString('en')} repositories, ${tags.toLocaleString('en')} tags`;
}
