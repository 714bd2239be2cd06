/** What the sums would give the pages that show space. */

import type { SpaceRow } from '../../../server/catalog/space/list.ts';
import type { Sample } from '../../../server/catalog/space/samples.ts';
import type { SpaceSums } from '../../../server/catalog/space/space.ts';
import { NOW } from './browse-facts.ts';

const DAY = 24 * 3600_000;

export function spaceSums(overrides: Partial<SpaceSums> = {}): SpaceSums {
  return {
    path: '',
    repositoryCount: 1,
    tagCount: 3,
    pullCount: 9,
    logicalBytes: 4e9,
    sizeBytes: 1e9,
    uniqueBytes: 1e9,
    reclaimableBytes: 25e6,
    summedAt: NOW - 3000,
    ...overrides,
  };
}

export function spaceRow(path: string, overrides: Partial<SpaceRow> = {}): SpaceRow {
  return {
    kind: 'repository',
    path,
    repositoryCount: 1,
    tagCount: 7,
    logicalBytes: 3e9,
    sizeBytes: 900e6,
    uniqueBytes: 600e6,
    sharedBytes: 300e6,
    reclaimableBytes: 0,
    ...overrides,
  };
}

/** Midnight of the day `daysAgo` before `NOW`. */
export function spaceSample(daysAgo: number, sizeBytes: number): Sample {
  return {
    dayAt: Math.floor(NOW / DAY) * DAY - daysAgo * DAY,
    repositoryCount: 1,
    tagCount: 3,
    logicalBytes: sizeBytes * 3,
    sizeBytes,
    uniqueBytes: sizeBytes,
    reclaimableBytes: 0,
  };
}
