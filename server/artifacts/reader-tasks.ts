/**
 * What the worker of `reader.ts` computes. Errors are sent back as plain data, because structured cloning loses their
 * class and code.
 */
import { AppError } from '../errors.ts';
import { type ImageConfig, parseImageConfig } from '../registry/documents/image-config.ts';
import { type ParsedManifest, parseManifest } from '../registry/documents/manifest.ts';
import { decodeDocument } from './decode.ts';
import type { ArtifactDocument } from './document.ts';

export interface TaskResults {
  readonly document: ArtifactDocument;
  readonly manifest: ParsedManifest;
  readonly config: ImageConfig;
}

export interface ReadTask<Kind extends keyof TaskResults = keyof TaskResults> {
  readonly kind: Kind;
  readonly bytes: Uint8Array;
  /** Of a manifest: its Content-Type as the registry served it. */
  readonly mediaType?: string;
}

export type TaskAnswer<Kind extends keyof TaskResults> =
  | { readonly value: TaskResults[Kind] }
  | { readonly failure: Pick<AppError, 'code' | 'message' | 'key' | 'params'> };

const READERS: {
  readonly [Kind in keyof TaskResults]: (bytes: Buffer, mediaType: string) => Promise<TaskResults[Kind]>;
} = {
  document: decodeDocument,
  manifest: async (bytes, mediaType) => parseManifest(bytes, mediaType),
  config: async (bytes) => parseImageConfig(bytes),
};

/** @throws {AppError} INVALID for damaged content, TOO_LARGE beyond the limits. */
export async function runReadTask<Kind extends keyof TaskResults>(task: ReadTask<Kind>): Promise<TaskResults[Kind]> {
  const { buffer, byteOffset, byteLength } = task.bytes;
  return READERS[task.kind](Buffer.from(buffer, byteOffset, byteLength), task.mediaType ?? '');
}

/** Never throws an `AppError`: it is returned as `failure`. */
export async function runReadTaskForThread<Kind extends keyof TaskResults>(
  task: ReadTask<Kind>,
): Promise<TaskAnswer<Kind>> {
  try {
    return { value: await runReadTask(task) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, key, params } = error;
    return { failure: { code, message, key, params } };
  }
}
