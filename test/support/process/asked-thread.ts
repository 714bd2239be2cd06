/** A thread for tests of the link and its host: does what it is asked, or dies of it. */
import { parentPort } from 'node:worker_threads';
import { AppError } from '../../../server/errors.ts';
import { createLink } from '../../../server/indexer/link.ts';

export type AskedCalls = {
  readonly double: (number: number) => Promise<number>;
  readonly refuse: () => Promise<void>;
  readonly fail: () => Promise<void>;
  readonly wait: () => Promise<void>;
  readonly die: () => void;
  readonly askBack: (word: string) => Promise<string>;
  readonly stop: () => Promise<void>;
};
export type AskingCalls = { readonly spell: (word: string) => Promise<string> };

const calls: AskedCalls = {
  double: async (number) => 2 * number,
  async refuse() {
    throw new AppError('NOT_FOUND', 'There is none.', {
      key: 'tagUnknown',
      params: { tag: 'v1' },
      retryAfterSeconds: 3,
    });
  },
  async fail() {
    throw new TypeError('broken');
  },
  wait: () => new Promise(() => undefined),
  die: () => process.exit(3),
  askBack: (word) => link.remote.spell(word),
  stop: async () => undefined,
};
if (parentPort === null) throw new Error('to be started as a thread');
const link = createLink<AskingCalls>(parentPort, calls, () => undefined);
