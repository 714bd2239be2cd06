/** Runs in a worker thread: see `integrity.ts`. */
import { setPriority } from 'node:os';
import { checkFile } from './integrity.ts';

// Lower priority than requests. On Linux 0 means the calling thread; elsewhere it would be the whole process.
if (process.platform === 'linux') setPriority(0, 15);

// Piscina calls the default export of the file it is given.
export default checkFile;
