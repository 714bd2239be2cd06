/** What is built: a release of a repository, by a maker. */
import { BASES, type Base } from './bases.ts';
import type { ImageRepository } from './image-repository.ts';
import type { LayerMaker } from './layers.ts';
import { STACKS } from './stacks.ts';
import type { Storage } from './storage.ts';

export const TYPES = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

export interface Release {
  readonly number: number;
  readonly version: string;
  readonly at: number;
  readonly revision: string;
}

export interface Maker {
  readonly storage: Storage;
  readonly layer: LayerMaker;
  readonly now: number;
}

export interface Build {
  readonly maker: Maker;
  readonly repository: ImageRepository;
  readonly release: Release;
}

export function baseOf({ made }: ImageRepository): Base {
  return BASES['stack' in made ? STACKS[made.stack].base : made.mirrored];
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}
