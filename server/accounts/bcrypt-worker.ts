/** Runs in a worker thread: bcrypt takes tens of milliseconds of pure computing, which the event loop cannot spare. */
import { setPriority } from 'node:os';
import { compareSync, hashSync } from 'bcryptjs';

export type BcryptTask =
  | { readonly kind: 'hash'; readonly password: string; readonly cost: number }
  | { readonly kind: 'verify'; readonly password: string; readonly hash: string };

// Lower priority than the event loop, for machines with few cores. On Linux 0 means the calling thread; elsewhere it
// would be the whole process.
if (process.platform === 'linux') setPriority(0, 10);

// Piscina calls the default export of the file it is given.
export default function runTask(task: BcryptTask): string | boolean {
  if (task.kind === 'hash') return hashSync(task.password, task.cost);
  return compareSync(task.password, task.hash);
}
