/** What the company of the demo keeps in its registry. */
import { CUSTOMER_IMAGES } from './customer-repositories.ts';
import type { ImageRepository } from './image-repository.ts';
import { INNER_IMAGES } from './inner-repositories.ts';

export const IMAGES: readonly ImageRepository[] = [...CUSTOMER_IMAGES, ...INNER_IMAGES];

export interface ChartRepository {
  readonly name: string;
  readonly chart: string;
  readonly about: string;
  readonly from: readonly [number, number];
  readonly releases: number;
  readonly everyDays: number;
  readonly lastDaysAgo: number;
  readonly pullsPerDay: number;
  readonly people: readonly string[];
}

export const CHARTS: readonly ChartRepository[] = [
  {
    ...{
      name: 'charts/shop',
      chart: 'shop',
      about: 'The shop with its gateway, cache and jobs',
      from: [5, 0] as const,
    },
    ...{ releases: 6, everyDays: 5, lastDaysAgo: 1.3, pullsPerDay: 6, people: ['tomas', 'ci-github'] },
  },
  {
    ...{
      name: 'charts/payments',
      chart: 'payments',
      about: 'Payments: API, ledger, fraud check',
      from: [1, 4] as const,
    },
    ...{ releases: 4, everyDays: 9, lastDaysAgo: 6.6, pullsPerDay: 3, people: ['anna'] },
  },
  {
    ...{
      name: 'charts/monitoring',
      chart: 'monitoring',
      about: 'Prometheus, Grafana and our alerts',
      from: [0, 9] as const,
    },
    ...{ releases: 3, everyDays: 16, lastDaysAgo: 18, pullsPerDay: 2, people: ['tomas'] },
  },
];

/** Somebody made it and pushed nothing: the registry lists it all the same. */
export const EMPTY_REPOSITORY = 'sandbox/new-idea';
/** Nothing that we know the kind of. */
export const MODEL_REPOSITORY = 'ml/models/price-forecast';
