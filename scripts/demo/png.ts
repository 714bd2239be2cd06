/** Makes screenshots small: pages have few colours, so one byte per dot says which. A quarter of what a browser writes. */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const MAX_COLOURS = 256;
const PALETTE = 3;

interface Picture {
  readonly width: number;
  readonly height: number;
  /** 0xrrggbb of each dot, row by row. */
  readonly dots: Uint32Array;
}

/** @param png as browsers write it: 8 bits per channel, not interlaced. @see https://www.w3.org/TR/png-3/ */
export function shrinkPng(png: Buffer): Buffer {
  const { width, height, dots } = readPng(png);
  const { colours, placeOf } = choosePalette(dots);
  const rows = Buffer.alloc(height * (width + 1));
  // Each row begins with its filter, which is none: neighbours in a palette have nothing to do with each other.
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) rows[y * (width + 1) + 1 + x] = placeOf.get(dots[y * width + x] ?? 0) ?? 0;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, PALETTE], 8);
  const palette = Buffer.from(colours.flatMap(channelsOf));
  const data = deflateSync(rows, { level: 9, memLevel: 9 });
  return Buffer.concat([
    ...[SIGNATURE, chunk('IHDR', head), chunk('PLTE', palette)],
    ...[chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))],
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

function readPng(png: Buffer): Picture {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const channels = png[25] === 6 ? 4 : 3;
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
  }
  const bytes = unfilter(inflateSync(Buffer.concat(parts)), width * channels, channels);
  const dots = new Uint32Array(width * height);
  for (let index = 0; index < dots.length; index += 1) dots[index] = bytes.readUIntBE(index * channels, 3);
  return { width, height, dots };
}

/** Rows are written as differences from what stands left and above. */
function unfilter(rows: Buffer, stride: number, channels: number): Buffer {
  const height = rows.length / (stride + 1);
  const bytes = Buffer.alloc(height * stride);
  for (let y = 0; y < height; y += 1) {
    const filter = rows[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x < channels ? 0 : (bytes[at - channels] ?? 0);
      const above = y === 0 ? 0 : (bytes[at - stride] ?? 0);
      const corner = x < channels || y === 0 ? 0 : (bytes[at - stride - channels] ?? 0);
      bytes[at] = (rows[y * (stride + 1) + 1 + x] ?? 0) + predict(filter, left, above, corner);
    }
  }
  return bytes;
}

function predict(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter !== 4) return 0;
  const [a, b, c] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

interface Colour {
  readonly colour: number;
  readonly count: number;
  /** Squared distance to the nearest chosen one, and its place. */
  distance: number;
  place: number;
}

/** Repeatedly adds the colour with the largest error: its count times the distance to the nearest chosen colour. */
function choosePalette(dots: Uint32Array) {
  const counts = new Map<number, number>();
  for (const colour of dots) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const all = [...counts].map(([colour, count]): Colour => ({ colour, count, distance: 255 ** 2 * 3, place: 0 }));
  const colours: number[] = [];
  while (colours.length < MAX_COLOURS) {
    const chosen = mostMissed(all);
    if (chosen === undefined) break;
    for (const each of all) {
      const distance = distanceOf(each.colour, chosen.colour);
      if (distance < each.distance) Object.assign(each, { distance, place: colours.length });
    }
    colours.push(chosen.colour);
  }
  return { colours, placeOf: new Map(all.map(({ colour, place }) => [colour, place])) };
}

function mostMissed(all: readonly Colour[]): Colour | undefined {
  let most: Colour | undefined;
  for (const each of all)
    if (each.distance > 0 && (most === undefined || each.count * each.distance > most.count * most.distance))
      most = each;
  return most;
}

function distanceOf(one: number, other: number): number {
  const red = (one >> 16) - (other >> 16);
  const green = ((one >> 8) & 255) - ((other >> 8) & 255);
  const blue = (one & 255) - (other & 255);
  return red * red + green * green + blue * blue;
}

function channelsOf(colour: number): readonly number[] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}
