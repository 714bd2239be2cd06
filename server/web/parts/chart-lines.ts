/** Lines of charts as SVG paths. */

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** Rounds to a tenth of a pixel: more digits would only make the SVG longer. */
export function toTenth(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The end of an axis: a round number at or above the largest value, with a readable half. */
export function axisTop(largest: number): number {
  if (largest <= 1) return 1;
  const unit = 10 ** Math.floor(Math.log10(largest));
  return [1, 2, 4, 6, 8, 10].map((factor) => factor * unit).find((top) => top >= largest) ?? 10 * unit;
}

/** @param isCurved smooth, but never above or below the connected values: a day without pulls stays at zero */
export function linePath(spots: readonly Spot[], isCurved: boolean): string {
  const [first, ...rest] = spots;
  if (first === undefined) return '';
  const slopes = isCurved ? slopesOf(spots) : [];
  const parts = rest.map((spot, index) => {
    const before = spots[index] ?? first;
    if (!isCurved) return `L${spot.x} ${spot.y}`;
    const third = (spot.x - before.x) / 3;
    const [from = 0, to = 0] = [slopes[index], slopes[index + 1]];
    const leave = `${toTenth(before.x + third)} ${toTenth(before.y + from * third)}`;
    const arrive = `${toTenth(spot.x - third)} ${toTenth(spot.y - to * third)}`;
    return `C${leave} ${arrive} ${spot.x} ${spot.y}`;
  });
  return `M${first.x} ${first.y}${parts.join('')}`;
}

/** Zero at extremes, otherwise the harmonic mean of both sides (monotone cubic interpolation). */
function slopesOf(spots: readonly Spot[]): readonly number[] {
  const rises = spots.slice(1).map((spot, index) => {
    const before = spots[index] ?? spot;
    return spot.x === before.x ? 0 : (spot.y - before.y) / (spot.x - before.x);
  });
  return spots.map((_, index) => {
    const [left, right] = [rises[index - 1], rises[index]];
    if (left === undefined || right === undefined || left * right <= 0) return 0;
    return (2 * left * right) / (left + right);
  });
}
