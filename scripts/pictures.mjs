/** `npm run pictures`: the pictures in the README, made of the demo. CHROMIUM_PATH where it is not /usr/bin/chromium. */
import { ready } from './lib/ready.mjs';

ready();
const { register } = await import('tsx/esm/api');
register();
const { takePictures } = await import('./demo/pictures.ts');
await takePictures(process.env);
