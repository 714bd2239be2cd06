/** What is told of a repository of images. */
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

/** Built by the company. */
export function app(name: string, stack: StackName, about: string, options: Options): ImageRepository {
  return { ...USUAL, name, about, made: { stack }, ...options };
}

/** Copied from elsewhere. */
export function mirror(name: string, mirrored: BaseName, about: string, options: Options): ImageRepository {
  return {
    ...{ ...USUAL, platforms: 'three', people: ['mirror-sync'], everyDays: 26, releases: 3 },
    ...{ name: `mirror/${name}`, about, made: { mirrored }, ...options },
  };
}

/** Who pushes when nobody else does. */
export const CI = ['ci-github'];
