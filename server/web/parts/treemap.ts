/** A squarified treemap (Bruls, Huizing, van Wijk 2000). Pure. */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Divides a box among values, the largest first from the upper left, into pieces that are close to squares.
 *
 * @param values not negative, in any order; a zero gets a box without area
 * @returns one box per value, in the order of `values`.
 */
export function treemap(values: readonly number[], box: Box): readonly Box[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  const boxes: Box[] = values.map(() => ({ x: box.x, y: box.y, width: 0, height: 0 }));
  if (total <= 0) return boxes;
  const scale = (box.width * box.height) / total;
  const order = values
    .map((value, index) => ({ area: value * scale, index }))
    .filter(({ area }) => area > 0)
    .sort((one, other) => other.area - one.area);
  let free = box;
  let start = 0;
  while (start < order.length) {
    const side = Math.min(free.width, free.height);
    const end = rowEnd(order, start, side);
    const isLast = end === order.length;
    free = layRow(order.slice(start, end), free, isLast, (index, piece) => {
      boxes[index] = piece;
    });
    start = end;
  }
  return boxes;
}

interface Piece {
  readonly area: number;
  readonly index: number;
}

/** Extends a row as long as that brings its worst piece closer to a square. */
function rowEnd(order: readonly Piece[], start: number, side: number): number {
  const largest = order[start]?.area ?? 0;
  let sum = largest;
  let worst = worstRatio(largest, largest, sum, side);
  let end = start + 1;
  for (; end < order.length; end += 1) {
    const area = order[end]?.area ?? 0;
    const next = worstRatio(largest, area, sum + area, side);
    if (next > worst) break;
    [worst, sum] = [next, sum + area];
  }
  return end;
}

function worstRatio(largest: number, smallest: number, sum: number, side: number): number {
  const square = side * side;
  return Math.max((square * largest) / (sum * sum), (sum * sum) / (square * smallest));
}

/** @returns the rest of the box. */
function layRow(row: readonly Piece[], free: Box, isLast: boolean, put: (index: number, piece: Box) => void): Box {
  const isColumn = free.width >= free.height;
  const side = isColumn ? free.height : free.width;
  const sum = row.reduce((total, { area }) => total + area, 0);
  const depth = isLast ? (isColumn ? free.width : free.height) : side > 0 ? sum / side : 0;
  let offset = 0;
  for (const { area, index } of row) {
    const length = sum > 0 ? (area / sum) * side : 0;
    put(
      index,
      isColumn
        ? { x: free.x, y: free.y + offset, width: depth, height: length }
        : { x: free.x + offset, y: free.y, width: length, height: depth },
    );
    offset += length;
  }
  return isColumn
    ? { x: free.x + depth, y: free.y, width: free.width - depth, height: free.height }
    : { x: free.x, y: free.y + depth, width: free.width, height: free.height - depth };
}
