/** `npm run pictures`: the pictures in the README, made of the demo. CHROMIUM_PATH where chromium is not on the PATH. */
import { ready } from './lib/ready.mjs';

ready();
const { register } = await import('tsx/esm/api');
register();
const { takePictures } = await import('./demo/pictures.ts');
await takePictures(process.env);
