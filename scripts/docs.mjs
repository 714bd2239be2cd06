/** Writes docs/configuration.md from the schema of the settings; a test checks that it is current. */
import { writeFile } from 'node:fs/promises';
import { register } from 'tsx/esm/api';

register();
const { referencePage } = await import('../server/config/reference-page.ts');
await writeFile(new URL('../docs/configuration.md', import.meta.url), referencePage());
