/** Runs in a worker thread: folders and files are read one after the other, and a slow disk holds up nobody else. */
import { type DiskTask, runDiskTask } from './tasks.ts';

// Piscina calls the default export of the file it is given.
export default function runTask(task: DiskTask): unknown {
  return runDiskTask(task);
}
