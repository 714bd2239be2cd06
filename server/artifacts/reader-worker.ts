/** Runs in a worker thread: what a stranger packed small may take seconds and gigabytes to read. */
import { setPriority } from 'node:os';
import { answerReadTask, type ReadTask } from './reader-tasks.ts';

// On Linux 0 is the calling thread: where cores are few, the event loop goes first. Elsewhere it would be the whole process.
if (process.platform === 'linux') setPriority(0, 10);

// Piscina calls the default export of the file it is given.
export default function runTask(task: ReadTask): Promise<unknown> {
  return answerReadTask(task);
}
