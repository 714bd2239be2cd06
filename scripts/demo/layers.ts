/**
 * Layers as large as real ones that take no room: archives of files full of zeros, which the disk keeps as holes. They are
 * what their digests say, so that the images can be pulled and run through every tool.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

export interface Layer {
  readonly digest: string;
  readonly sizeBytes: number;
  /** Writes it where the registry will look for it. */
  readonly write: (file: string) => void;
}

const BLOCK = 512;
const CHUNK = 1024 * 1024;
const FILLER = header('usr/share/demo/filler', CHUNK);
const END = 2 * BLOCK;

/**
 * All layers begin with the same entries of 1 MiB, so that the zeros are hashed once for all of them, up to the largest.
 */
export function createLayerMaker() {
  const states: Hash[] = [createHash('sha256')];
  const zeros = Buffer.alloc(CHUNK);

  function afterChunks(count: number): Hash {
    for (let made = states.length; made <= count; made += 1) {
      const before = states[made - 1] ?? createHash('sha256');
      states.push(before.copy().update(FILLER).update(zeros));
    }
    return (states[count] ?? createHash('sha256')).copy();
  }

  /** @param name makes it another layer than every other. @param typicalBytes hit to within two blocks. */
  return (name: string, typicalBytes: number): Layer => {
    const rest = Math.max(0, typicalBytes - BLOCK - END);
    const chunks = Math.floor(rest / (CHUNK + BLOCK));
    const last = rest - chunks * (CHUNK + BLOCK);
    const lastHeader = header(name, last);
    const padded = Math.ceil(last / BLOCK) * BLOCK;
    const digest = afterChunks(chunks)
      .update(lastHeader)
      .update(Buffer.alloc(padded + END));
    const sizeBytes = chunks * (CHUNK + BLOCK) + BLOCK + padded + END;
    const write = (file: string) => writeSparse(file, sizeBytes, chunks, lastHeader);
    return { digest: `sha256:${digest.digest('hex')}`, sizeBytes, write };
  };
}
export type LayerMaker = ReturnType<typeof createLayerMaker>;

function writeSparse(file: string, sizeBytes: number, chunks: number, lastHeader: Buffer): void {
  const handle = openSync(file, 'wx');
  try {
    for (let chunk = 0; chunk < chunks; chunk += 1) writeSync(handle, FILLER, 0, BLOCK, chunk * (CHUNK + BLOCK));
    writeSync(handle, lastHeader, 0, BLOCK, chunks * (CHUNK + BLOCK));
    ftruncateSync(handle, sizeBytes);
  } finally {
    closeSync(handle);
  }
}

/** The head of one file in a ustar archive. @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html */
function header(name: string, sizeBytes: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name.slice(0, 100), 0, 'latin1');
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(sizeBytes, 124, 12);
  octal(0, 136, 12);
  block.write('        ', 148, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
