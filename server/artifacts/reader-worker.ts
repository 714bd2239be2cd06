/** Runs in a worker thread: a small compressed document may take seconds and gigabytes to read. */
import { setPriority } from 'node:os';
import { type ReadTask, runReadTaskForThread } from './reader-tasks.ts';

// Lower priority than the event loop, for machines with few cores. On Linux 0 means the calling thread; elsewhere it
// would be the whole process.
if (process.platform === 'linux') setPriority(0, 10);

// Piscina calls the default export of the file it is given.
export default function runTask(task: ReadTask): Promise<unknown> {
  return runReadTaskForThread(task);
}
