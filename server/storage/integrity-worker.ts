/** Runs in a worker thread: see `integrity.ts`. */
import { setPriority } from 'node:os';
import { checkFile } from './integrity.ts';

// On Linux 0 is the calling thread: requests go first. Elsewhere it would be the whole process.
if (process.platform === 'linux') setPriority(0, 15);

// Piscina calls the default export of the file it is given.
export default checkFile;
