import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../../errors.ts';

/** File names with their content's hash, as `scripts/build-assets.mjs` writes them. */
export interface Assets {
  readonly css: string;
  readonly js: string;
  readonly icons: string;
  readonly favicon: string;
  /** For the home screens of phones. */
  readonly touchIcon: string;
  /** What browsers may fetch before it is clicked. */
  readonly prefetch: string;
}

/** @throws {StartError} when the browser files were never built. */
export function readAssets(distPath: string): Assets {
  const file = join(distPath, 'assets.json');
  if (!existsSync(file)) throw new StartError([`${file} is missing. Run: npm run build`]);
  return JSON.parse(readFileSync(file, 'utf8')) as Assets;
}
