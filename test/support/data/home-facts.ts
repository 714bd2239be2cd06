import { EVERYTHING } from '../../../server/catalog/visibility/visibility.ts';
import type { HomeFacts } from '../../../server/web/home/home-facts.ts';
import { UP } from './browse-facts.ts';
import { registryFacts } from './operations-facts.ts';
import { spaceSums } from './space-facts.ts';

const DAY_MS = 24 * 3600_000;
const TODAY = Date.UTC(2026, 10, 20);

export const activityDays = (days = 14): HomeFacts['activity'] =>
  Array.from({ length: days }, (_, index) => ({
    day: TODAY - (days - 1 - index) * DAY_MS,
    pulls: 100 * (index + 1),
    pushes: index % 4,
  }));

export const found = (name: string, more: Partial<NonNullable<HomeFacts['findings']>['stalest'][number]> = {}) => ({
  ...{ id: EVERYTHING.id, name, staleCount: 3, staleBytes: 4_000_000, stalePulledAt: 0, grownBytes: 7_000_000 },
  ...more,
});

export function homeFacts(more: Partial<HomeFacts> = {}): HomeFacts {
  return {
    firstRun: {
      reach: {
        ...{ host: 'registry.example.com', hostname: 'registry.example.com', transport: 'https' },
        ...{ isLoopback: false, isLiteralAddress: false },
      },
      realm: 'https://registry.example.com/api/auth',
    },
    index: UP,
    registry: registryFacts(),
    at: TODAY + 12 * 3600_000,
    recent: { rows: [], total: 0, isExact: true, next: undefined, previous: undefined },
    total: spaceSums(),
    samples: [],
    areas: [],
    activity: activityDays(),
    pushers: 2,
    sparks: new Map(),
    findings: {
      ...{ staleCount: 3, staleBytes: 4_000_000, staleSince: TODAY - 90 * DAY_MS, isWatchedLongEnough: true },
      ...{ stalest: [], grownSince: TODAY - 30 * DAY_MS, fastest: [] },
    },
    biggest: [],
    mine: [],
    ...more,
  };
}
