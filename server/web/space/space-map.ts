import type { SpaceMeasure, SpaceRow } from '../../catalog/space/list.ts';
import { splitName } from '../parts/cells.ts';
import { toTenth } from '../parts/chart-lines.ts';
import { treemap } from '../parts/treemap.ts';
import type { Page } from '../shell/page.ts';

/** There is one picture for wide screens and one for phones, because text in an SVG scales with it. */
export interface MapFrame {
  readonly id: 'wide' | 'narrow';
  readonly width: number;
  readonly height: number;
  readonly tiles: readonly Tile[];
}

export interface Tile {
  readonly kind: SpaceRow['kind'];
  readonly href: string;
  /** Full name and size. */
  readonly title: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Colour step; 1 for the largest. */
  readonly step: 1 | 2 | 3 | 4 | 5;
  /** As much of the name as fits; may be ''. */
  readonly label: string;
  readonly note: string;
}

type FrameShape = Pick<MapFrame, 'id' | 'width' | 'height'>;

const FRAMES: readonly FrameShape[] = [
  { id: 'wide', width: 1100, height: 380 },
  { id: 'narrow', width: 358, height: 420 },
];
// Of the monospaced font at 12.5 px; PADDING is the room around a label.
const CHARACTER_WIDTH = 7.6;
const PADDING = 16;
const MIN_CUT = 5;

export interface MapFacts {
  readonly rows: readonly SpaceRow[];
  readonly measure: SpaceMeasure;
  readonly hrefOf: (row: SpaceRow) => string;
  readonly format: Page['format'];
  /** Sizes in pixels, about as large as the picture is shown. */
  readonly frames?: readonly FrameShape[];
}

function measured(row: SpaceRow, measure: SpaceMeasure): number {
  const values: Record<SpaceMeasure, number> = {
    size: row.sizeBytes,
    logical: row.logicalBytes,
    unique: row.uniqueBytes,
    shared: row.sharedBytes,
    reclaimable: row.reclaimableBytes,
  };
  return Math.max(0, values[measure]);
}

export function mapFrames({ rows, measure, hrefOf, format, frames = FRAMES }: MapFacts): readonly MapFrame[] {
  const shown = rows.filter((row) => measured(row, measure) > 0);
  if (shown.length === 0) return [];
  const values = shown.map((row) => measured(row, measure));
  const largest = Math.max(...values);
  return frames.map((frame) => {
    const boxes = treemap(values, { x: 0, y: 0, width: frame.width, height: frame.height });
    const tiles = shown.map((row, index): Tile => {
      const { x = 0, y = 0, width = 0, height = 0 } = boxes[index] ?? {};
      const size = format.bytes(values[index] ?? 0);
      const label = fitting(nameOf(row), width, height, 24);
      const note = label === '' ? '' : fitting(size, width, height, 44, false);
      return {
        ...{ kind: row.kind, href: hrefOf(row), title: `${row.path} · ${size}`, label, note },
        step: stepOf((values[index] ?? 0) / largest),
        ...{ x: toTenth(x), y: toTenth(y), width: toTenth(width), height: toTenth(height) },
      };
    });
    // Areas thinner than their gaps are left out; the table has them.
    return { ...frame, tiles: tiles.filter(({ width, height }) => width >= 2 && height >= 2) };
  });
}

/** @param share of the largest value, 0 to 1 */
export function stepOf(share: number): Tile['step'] {
  if (share >= 0.6) return 1;
  if (share >= 0.35) return 2;
  if (share >= 0.18) return 3;
  return share >= 0.08 ? 4 : 5;
}

function nameOf(row: SpaceRow): string {
  const { leaf } = splitName(row.path);
  return row.kind === 'folder' ? `${leaf}/` : leaf;
}

function fitting(text: string, width: number, height: number, leastHeight: number, mayCut = true): string {
  const room = Math.floor((width - PADDING) / CHARACTER_WIDTH);
  if (height < leastHeight) return '';
  if (text.length <= room) return text;
  return mayCut && room >= MIN_CUT ? `${text.slice(0, room - 1)}…` : '';
}
