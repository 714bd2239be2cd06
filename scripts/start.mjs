/** `npm start`: on a fresh machine installs and builds first, afterwards goes straight to the bundle. */
import { ready } from './lib/ready.mjs';

ready();
await import(new URL('../dist/main.js', import.meta.url).href);
