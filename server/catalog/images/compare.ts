import type { ImageConfig } from '../../registry/documents/image-config.ts';
import type { ImageContent, LayerRow } from './image.ts';

/** Differences between two images: `a` is the first, `b` the second. */
export interface Comparison {
  readonly layers: readonly ComparedLayer[];
  readonly bytes: ComparedBytes;
  /** Differing fields; equal ones are marked `same`. */
  readonly fields: readonly ComparedField[];
  readonly environment: readonly ComparedField[];
  readonly labels: readonly ComparedField[];
  readonly annotations: readonly ComparedField[];
}

export interface ComparedBytes {
  readonly a: number;
  readonly b: number;
  /** Bytes of common layers, which are pulled once. */
  readonly common: number;
  readonly onlyA: number;
  readonly onlyB: number;
}

/** `changed`: the same command created a different layer. */
export type Change = 'same' | 'changed' | 'removed' | 'added';

export interface ComparedLayer {
  readonly change: Change;
  readonly a: LayerRow | undefined;
  readonly b: LayerRow | undefined;
}

export interface ComparedField {
  /** Name of a field, variable, label or annotation. */
  readonly name: string;
  readonly change: Change;
  readonly a: string;
  readonly b: string;
}

/** Compares two images; pure. */
export function compareImages(a: ImageContent, b: ImageContent): Comparison {
  return {
    layers: compareLayers(a.layers, b.layers),
    bytes: compareBytes(a, b),
    fields: compareMaps(fieldsOf(a), fieldsOf(b)),
    environment: compareMaps(environmentOf(a.config), environmentOf(b.config)),
    labels: compareMaps(a.config?.config.labels ?? {}, b.config?.config.labels ?? {}),
    annotations: compareMaps(a.annotations, b.annotations),
  };
}

function compareBytes(a: ImageContent, b: ImageContent): ComparedBytes {
  const sizes = (content: ImageContent) => new Map(content.layers.map((layer) => [layer.digest, layer.sizeBytes]));
  const [ofA, ofB] = [sizes(a), sizes(b)];
  const sum = (entries: Iterable<readonly [string, number]>, keep: (digest: string) => boolean) =>
    [...entries].reduce((total, [digest, size]) => total + (keep(digest) ? size : 0), 0);
  return {
    a: a.sizeBytes,
    b: b.sizeBytes,
    common: sum(ofA, (digest) => ofB.has(digest)),
    onlyA: sum(ofA, (digest) => !ofB.has(digest)),
    onlyB: sum(ofB, (digest) => !ofA.has(digest)),
  };
}

// The table for the longest common subsequence has as many cells as the product of both lengths.
const MAX_ALIGNED = 500;

/** In the order of the layers; common layers share a row. */
export function compareLayers(a: readonly LayerRow[], b: readonly LayerRow[]): readonly ComparedLayer[] {
  const rows: ComparedLayer[] = [];
  let [fromA, fromB] = [0, 0];
  for (const [atA, atB] of [...commonPairs(a, b), [a.length, b.length] as const]) {
    rows.push(...compareGap(a.slice(fromA, atA), b.slice(fromB, atB)));
    const [layerA, layerB] = [a[atA], b[atB]];
    if (layerA !== undefined && layerB !== undefined) rows.push({ change: 'same', a: layerA, b: layerB });
    [fromA, fromB] = [atA + 1, atB + 1];
  }
  return rows;
}

/** Positions of a longest common subsequence; beyond the limit only of the common prefix. */
function commonPairs(a: readonly LayerRow[], b: readonly LayerRow[]): readonly (readonly [number, number])[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start]?.digest === b[start]?.digest) start += 1;
  const beginning = Array.from({ length: start }, (_, index) => [index, index] as const);
  const [restA, restB] = [a.slice(start), b.slice(start)];
  if (restA.length > MAX_ALIGNED || restB.length > MAX_ALIGNED) return beginning;
  const rest = longestCommon(restA, restB).map(([atA, atB]) => [atA + start, atB + start] as const);
  return [...beginning, ...rest];
}

function longestCommon(a: readonly LayerRow[], b: readonly LayerRow[]): readonly (readonly [number, number])[] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const isSame = a[i]?.digest === b[j]?.digest;
      lengths[i * width + j] = isSame ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i]?.digest === b[j]?.digest) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}

/** Between two common layers: layers of the same command share a row, others have their own. */
function compareGap(a: readonly LayerRow[], b: readonly LayerRow[]): readonly ComparedLayer[] {
  const rows: ComparedLayer[] = [];
  const places = placesByCommand(b);
  let fromB = 0;
  for (const layer of a) {
    const found = nextPlace(places.get(commandOf(layer)), fromB);
    if (found === undefined) rows.push({ change: 'removed', a: layer, b: undefined });
    else {
      for (const added of b.slice(fromB, found)) rows.push({ change: 'added', a: undefined, b: added });
      rows.push({ change: 'changed', a: layer, b: b[found] });
      fromB = found + 1;
    }
  }
  return [...rows, ...b.slice(fromB).map((layer) => ({ change: 'added' as const, a: undefined, b: layer }))];
}

/** A map instead of a search, because an image may have ten thousand layers. Last position first. */
function placesByCommand(layers: readonly LayerRow[]): ReadonlyMap<string, number[]> {
  const places = new Map<string, number[]>();
  for (let place = layers.length - 1; place >= 0; place -= 1) {
    const layer = layers[place];
    const command = layer === undefined ? '' : commandOf(layer);
    if (command === '') continue;
    const known = places.get(command);
    if (known === undefined) places.set(command, [place]);
    else known.push(place);
  }
  return places;
}

/** Removes positions before `from`, which are not needed any more. */
function nextPlace(places: number[] | undefined, from: number): number | undefined {
  for (let place = places?.at(-1); place !== undefined; place = places?.at(-1)) {
    if (place >= from) return place;
    places?.pop();
  }
  return undefined;
}

function commandOf({ command, annotations }: LayerRow): string {
  if (command === undefined) return annotations['org.opencontainers.image.title'] ?? '';
  return `${command.instruction} ${command.text}`.trim();
}

function compareMaps(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): readonly ComparedField[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.map((name) => ({ name, change: changeOf(a[name], b[name]), a: a[name] ?? '', b: b[name] ?? '' }));
}

function changeOf(a: string | undefined, b: string | undefined): Change {
  if (a === b) return 'same';
  if (a === undefined) return 'added';
  return b === undefined ? 'removed' : 'changed';
}

function environmentOf(config: ImageConfig | undefined): Readonly<Record<string, string>> {
  const pairs = (config?.config.env ?? []).map((line) => {
    const at = line.indexOf('=');
    return at === -1 ? ([line, ''] as const) : ([line.slice(0, at), line.slice(at + 1)] as const);
  });
  return Object.fromEntries(pairs);
}

/** The fields that are set, as text; lists in Dockerfile syntax. */
function fieldsOf({ config, platform, mediaType }: ImageContent): Readonly<Record<string, string>> {
  const settings = config?.config;
  const words = (list: readonly string[] = []) => (list.length === 0 ? '' : JSON.stringify(list));
  const all: Readonly<Record<string, string>> = {
    platform,
    mediaType,
    author: config?.author ?? '',
    entrypoint: words(settings?.entrypoint),
    cmd: words(settings?.cmd),
    user: settings?.user ?? '',
    workingDir: settings?.workingDir ?? '',
    exposedPorts: [...(settings?.exposedPorts ?? [])].sort().join(', '),
    volumes: [...(settings?.volumes ?? [])].sort().join(', '),
    stopSignal: settings?.stopSignal ?? '',
    healthcheck: words(settings?.healthcheck),
    shell: words(settings?.shell),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}
