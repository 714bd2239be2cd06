/** What a made-up company keeps in its registry: names in folders, and how many tags and manifests each has. */

export interface RegistrySize {
  readonly repositories: number;
  readonly tags: number;
  readonly manifests: number;
  /** The same seed gives the same digests; default 1. */
  readonly seed?: number;
}

/** What most of a repository's manifests are. */
export type RepositoryKind = 'image' | 'platforms' | 'signed' | 'helm';

export interface RepositoryPlan {
  readonly name: string;
  readonly kind: RepositoryKind;
  readonly tags: number;
  readonly manifests: number;
}

/** One repository that has a tenth of all tags, 10 000 at most: somebody's pipeline tags every commit. */
export const BIG_REPOSITORY = 'platform/monolith';
const BIG_MOST_TAGS = 10_000;

export type Random = () => number;

/** mulberry32: small, fast, and the same everywhere. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TEAMS = ['payments', 'search', 'data', 'mobile', 'web', 'identity', 'billing', 'logistics', 'media', 'risk'];
const AREAS = ['core', 'edge', 'batch', 'tools', 'ml', 'infra'];
const SERVICES = ['api', 'worker', 'gateway', 'sync', 'importer', 'web', 'cron', 'proxy', 'indexer', 'notifier'];
const REPOSITORIES_PER_TEAM = 150;

/** Two or three levels, some without a folder, as companies have them. */
function nameOf(index: number, teams: number, random: Random): string {
  const place = Math.floor(random() ** 1.7 * teams);
  const wave = Math.floor(place / TEAMS.length);
  const team = `${TEAMS[place % TEAMS.length]}${wave === 0 ? '' : `-${wave}`}`;
  const service = `${SERVICES[index % SERVICES.length]}-${index.toString(36)}`;
  const depth = random();
  if (depth < 0.02) return service;
  if (depth < 0.5) return `${team}/${service}`;
  return `${team}/${AREAS[Math.floor(random() * AREAS.length)]}/${service}`;
}

function kindOf(random: Random): RepositoryKind {
  const value = random();
  if (value < 0.74) return 'image';
  if (value < 0.88) return 'platforms';
  return value < 0.94 ? 'signed' : 'helm';
}

/** Parts of `total` by weight, each at least 1. */
function shareOut(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const rest = Math.max(0, total - weights.length);
  const parts = weights.map((weight) => 1 + Math.floor((rest * weight) / sum));
  let missing = total - parts.reduce((all, part) => all + part, 0);
  for (let index = 0; missing > 0; index = (index + 1) % parts.length, missing -= 1)
    parts[index] = (parts[index] ?? 0) + 1;
  return parts;
}

/** Few repositories have many tags, many have few. The order is that of a walk through the folders. */
export function planRegistry({ repositories, tags, manifests, seed = 1 }: RegistrySize): readonly RepositoryPlan[] {
  const random = createRandom(seed);
  const bigTags = Math.min(BIG_MOST_TAGS, Math.max(1, Math.floor(tags / 10)));
  const bigManifests = Math.max(1, Math.floor((manifests * bigTags) / tags));
  const teams = Math.max(3, Math.ceil(repositories / REPOSITORIES_PER_TEAM));
  const names = Array.from({ length: repositories - 1 }, (_, index) => nameOf(index, teams, random));
  const weights = names.map(() => 1 / (5 + Math.floor(random() * names.length)) ** 0.9);
  const tagCounts = shareOut(tags - bigTags, weights);
  const manifestCounts = shareOut(manifests - bigManifests, weights);
  const plans = names.map((name, index) => ({
    name,
    kind: kindOf(random),
    tags: tagCounts[index] ?? 1,
    manifests: manifestCounts[index] ?? 1,
  }));
  plans.push({ name: BIG_REPOSITORY, kind: 'image', tags: bigTags, manifests: bigManifests });
  return plans.sort((one, other) => (one.name < other.name ? -1 : 1));
}
