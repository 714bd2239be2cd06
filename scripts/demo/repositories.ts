/** What the company of the demo keeps in its registry. */
import type { BaseName } from './bases.ts';
import type { StackName } from './stacks.ts';

/** The platforms of an image; one of them: a plain image without an index. */
export const PLATFORMS = {
  one: ['linux/amd64'],
  two: ['linux/amd64', 'linux/arm64'],
  three: ['linux/amd64', 'linux/arm64', 'linux/arm/v7'],
} as const;

export interface ImageRepository {
  readonly name: string;
  readonly about: string;
  readonly made: { readonly stack: StackName } | { readonly mirrored: BaseName };
  readonly platforms: keyof typeof PLATFORMS;
  /** Major and minor of the first release here. */
  readonly from: readonly [number, number];
  readonly releases: number;
  /** Between two of them. */
  readonly everyDays: number;
  readonly lastDaysAgo: number;
  readonly pullsPerDay: number;
  readonly weight: number;
  /** Who pushes it; several take turns. */
  readonly people: readonly string[];
  readonly isSigned: boolean;
  /** BuildKit's provenance and packages beside the images. */
  readonly isAttested: boolean;
  /** Builds of the main branch that lost their tag to the next one. */
  readonly untagged: number;
}

type Options = Partial<Omit<ImageRepository, 'name' | 'about' | 'made'>>;

const USUAL = {
  platforms: 'one',
  from: [1, 0],
  releases: 6,
  everyDays: 6,
  lastDaysAgo: 3,
  pullsPerDay: 3,
  weight: 1,
  people: ['ci-github'],
  isSigned: false,
  isAttested: false,
  untagged: 0,
} as const satisfies Options;

function app(name: string, stack: StackName, about: string, options: Options): ImageRepository {
  return { ...USUAL, name, about, made: { stack }, ...options };
}

function mirror(name: string, mirrored: BaseName, about: string, options: Options): ImageRepository {
  return {
    ...{ ...USUAL, platforms: 'three', people: ['mirror-sync'], everyDays: 26, releases: 3 },
    ...{ name: `mirror/${name}`, about, made: { mirrored }, ...options },
  };
}

const CI = ['ci-github'];

export const IMAGES: readonly ImageRepository[] = [
  app('platform/api-gateway', 'go', 'The door to every service: routes, checks tokens, limits rates.', {
    ...{
      platforms: 'three',
      from: [4, 9],
      releases: 14,
      everyDays: 4.3,
      lastDaysAgo: 0.05,
      pullsPerDay: 34,
      weight: 2.3,
    },
    ...{ people: [...CI, 'maria', ...CI], isSigned: true, isAttested: true, untagged: 4 },
  }),
  app('platform/auth', 'go', 'Sign-in and sessions for customers.', {
    ...{ platforms: 'two', from: [2, 3], releases: 9, everyDays: 6.4, lastDaysAgo: 1.2, pullsPerDay: 22 },
    ...{ isSigned: true, isAttested: true },
  }),
  app('platform/config-server', 'java', 'Serves settings from git to the Java services.', {
    releases: 5,
    lastDaysAgo: 19,
    pullsPerDay: 9,
  }),
  app('platform/mail-relay', 'go', 'Takes mail from services and hands it to the provider.', {
    releases: 4,
    lastDaysAgo: 74,
    everyDays: 21,
    weight: 0.6,
    pullsPerDay: 1,
  }),
  app('platform/edge/proxy', 'static', 'The nginx in front of everything.', {
    platforms: 'two',
    releases: 8,
    lastDaysAgo: 2.4,
    pullsPerDay: 12,
    weight: 0.2,
  }),
  app('platform/edge/rate-limiter', 'go', 'Counts requests per customer.', {
    platforms: 'two',
    releases: 5,
    lastDaysAgo: 8,
    pullsPerDay: 7,
    weight: 0.7,
  }),
  app('platform/jobs/scheduler', 'go', 'Starts the nightly jobs.', { releases: 6, lastDaysAgo: 4.5, pullsPerDay: 5 }),
  app('platform/jobs/cleanup', 'go', 'Removes what is past its retention.', {
    releases: 3,
    lastDaysAgo: 41,
    everyDays: 16,
    weight: 0.5,
    pullsPerDay: 1,
  }),
  app('web/shop', 'node', 'The shop as customers see it.', {
    ...{
      platforms: 'two',
      from: [12, 0],
      releases: 16,
      everyDays: 2.1,
      lastDaysAgo: 0.3,
      pullsPerDay: 28,
      weight: 1.3,
    },
    ...{ people: [...CI, ...CI, 'jonas'], isSigned: true, isAttested: true, untagged: 6 },
  }),
  app('web/admin-console', 'node', 'What support and warehouse work with.', {
    platforms: 'two',
    from: [3, 1],
    releases: 8,
    lastDaysAgo: 2.7,
    pullsPerDay: 8,
  }),
  app('web/landing', 'static', 'Campaign pages.', {
    releases: 10,
    everyDays: 3,
    lastDaysAgo: 0.9,
    pullsPerDay: 6,
    weight: 2.2,
    people: ['jonas', ...CI],
  }),
  app('web/docs', 'static', 'The handbook for partners.', {
    releases: 7,
    lastDaysAgo: 6.2,
    pullsPerDay: 3,
    weight: 3.4,
  }),
  app('web/storybook', 'static', 'Every component of the design system.', {
    releases: 4,
    lastDaysAgo: 12,
    weight: 4,
    pullsPerDay: 1,
  }),
  app('web/image-resizer', 'node', 'Cuts product pictures to size.', {
    releases: 4,
    lastDaysAgo: 33,
    everyDays: 12,
    weight: 1.8,
    pullsPerDay: 4,
  }),
  app('payments/api', 'java', 'Charges, refunds, payouts.', {
    ...{ from: [7, 2], releases: 8, everyDays: 7, lastDaysAgo: 1.6, pullsPerDay: 15, weight: 1.4, isSigned: true },
    ...{ people: [...CI, 'anna'] },
  }),
  app('payments/ledger', 'java', 'The books: every movement of money, never changed.', {
    from: [2, 0],
    releases: 6,
    lastDaysAgo: 5.5,
    pullsPerDay: 8,
    isSigned: true,
  }),
  app('payments/fraud-check', 'python', 'Scores a payment before it is taken.', {
    releases: 6,
    lastDaysAgo: 3.8,
    pullsPerDay: 10,
    weight: 2.1,
  }),
  app('payments/psp-simulator', 'node', 'Stands in for the payment provider in tests.', {
    releases: 3,
    lastDaysAgo: 27,
    everyDays: 14,
    pullsPerDay: 11,
  }),
  app('data/etl/orders-import', 'python', 'Orders from the shop to the warehouse, every ten minutes.', {
    from: [1, 8],
    releases: 7,
    lastDaysAgo: 1.1,
    pullsPerDay: 9,
    people: ['wei', ...CI],
  }),
  app('data/etl/invoices-export', 'python', 'Invoices to accounting, once a night.', {
    releases: 5,
    lastDaysAgo: 9.3,
    pullsPerDay: 3,
    people: ['wei'],
  }),
  app('data/etl/currency-rates', 'python', 'The rates of the central bank.', {
    releases: 3,
    lastDaysAgo: 58,
    everyDays: 20,
    weight: 0.6,
    pullsPerDay: 2,
    people: ['wei'],
  }),
  app('data/warehouse/dbt', 'python', 'Models of the warehouse.', {
    releases: 9,
    everyDays: 3.2,
    lastDaysAgo: 0.6,
    pullsPerDay: 6,
    weight: 1.6,
    people: ['priya', 'wei'],
  }),
  app('data/warehouse/loader', 'go', 'Loads parquet files, fast.', { releases: 5, lastDaysAgo: 14, pullsPerDay: 4 }),
  app('data/airflow', 'python', 'Airflow with our operators.', {
    from: [3, 0],
    releases: 5,
    everyDays: 11,
    lastDaysAgo: 7.1,
    pullsPerDay: 7,
    weight: 5.2,
    people: ['priya'],
  }),
  app('data/kafka-connect', 'java', 'Connectors between Kafka and everything else.', {
    releases: 3,
    lastDaysAgo: 47,
    everyDays: 18,
    weight: 3.1,
    pullsPerDay: 2,
  }),
  app('ml/recommender/train', 'gpu', 'Learns what customers may like.', {
    from: [0, 14],
    releases: 5,
    everyDays: 5,
    lastDaysAgo: 2.2,
    pullsPerDay: 2,
    people: ['priya'],
    untagged: 2,
  }),
  app('ml/recommender/serve', 'python', 'Answers what a customer may like.', {
    platforms: 'two',
    from: [0, 14],
    releases: 6,
    lastDaysAgo: 2.1,
    pullsPerDay: 13,
    weight: 4.4,
    people: ['priya', ...CI],
  }),
  app('ml/notebook', 'gpu', 'Jupyter with everything in it.', {
    releases: 3,
    everyDays: 25,
    lastDaysAgo: 16,
    pullsPerDay: 2,
    weight: 1.6,
    people: ['priya'],
  }),
  app('mobile/push-sender', 'go', 'Notifications to phones.', {
    releases: 4,
    lastDaysAgo: 22,
    pullsPerDay: 3,
    weight: 0.8,
  }),
  app('mobile/backend', 'node', 'The API of the app.', {
    platforms: 'two',
    from: [5, 4],
    releases: 7,
    lastDaysAgo: 1.9,
    pullsPerDay: 9,
  }),
  app('tools/ci-runner', 'tools', 'What every pipeline runs in.', {
    platforms: 'two',
    from: [1, 20],
    releases: 8,
    everyDays: 7,
    lastDaysAgo: 0.8,
    pullsPerDay: 41,
    people: ['tomas', ...CI],
  }),
  app('tools/terraform', 'tools', 'Terraform with our providers.', {
    releases: 4,
    lastDaysAgo: 31,
    everyDays: 15,
    weight: 2.6,
    pullsPerDay: 5,
    people: ['tomas'],
  }),
  app('public/status-page', 'static', 'status.example.com: runs somewhere else on purpose.', {
    platforms: 'three',
    releases: 4,
    lastDaysAgo: 11,
    pullsPerDay: 4,
    weight: 0.4,
  }),
  app('public/cli', 'go', 'The command line tool for partners.', {
    platforms: 'three',
    from: [2, 6],
    releases: 7,
    everyDays: 8,
    lastDaysAgo: 4.2,
    pullsPerDay: 16,
    isSigned: true,
  }),
  mirror('docker.io/library/alpine', 'alpine', 'alpine of Docker Hub.', {
    from: [3, 20],
    lastDaysAgo: 10,
    pullsPerDay: 19,
  }),
  mirror('docker.io/library/nginx', 'nginx', 'nginx of Docker Hub.', {
    from: [1, 27],
    lastDaysAgo: 7,
    pullsPerDay: 14,
  }),
  mirror('docker.io/library/node', 'node', 'node of Docker Hub, the slim one.', {
    platforms: 'two',
    from: [22, 17],
    lastDaysAgo: 5,
    pullsPerDay: 17,
  }),
  mirror('docker.io/library/python', 'python', 'python of Docker Hub, the slim one.', {
    platforms: 'two',
    from: [3, 11],
    lastDaysAgo: 13,
    pullsPerDay: 11,
  }),
  mirror('docker.io/library/eclipse-temurin', 'java', 'Java of Docker Hub.', {
    platforms: 'two',
    from: [21, 0],
    lastDaysAgo: 29,
    pullsPerDay: 6,
  }),
  mirror('nvcr.io/nvidia/cuda', 'cuda', 'CUDA of NVIDIA.', {
    platforms: 'one',
    from: [12, 8],
    releases: 2,
    lastDaysAgo: 37,
    pullsPerDay: 1,
  }),
];

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
