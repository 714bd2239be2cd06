/** `npm run demo`: a throw-away instance with the real registry and believable content, for people who want to look first. */
import { ready } from './lib/ready.mjs';

ready();
const { register } = await import('tsx/esm/api');
register();
const { runDemo } = await import('./demo/main.ts');
await runDemo(process.argv.slice(2), process.env);
