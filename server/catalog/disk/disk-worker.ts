/** Runs in a worker thread, so that a slow disk blocks nobody else. */
import { type DiskTask, runDiskTask } from './tasks.ts';

// Piscina calls the default export of the file it is given.
export default function runTask(task: DiskTask): unknown {
  return runDiskTask(task);
}
