/** `npm run admin -- …`: commands on the machine itself; see server/admin.ts. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bundle = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'admin.js');
if (existsSync(bundle)) await import(bundle);
else {
  process.stderr.write('There is nothing to administer yet: run npm start first.\n');
  process.exitCode = 1;
}
