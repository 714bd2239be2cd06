/** Gets every program the tests run. One that cannot be had is named; with CI=true that fails. */
import { errorText } from '../../../server/errors.ts';
import { installTool, isMissingAllowed, TOOLS, toolFolder } from './tools.ts';

let missing = 0;
for (const tool of TOOLS) {
  try {
    if ((await installTool(tool)) === 'installed') console.log(`test tools: ${tool} installed in ${toolFolder}`);
  } catch (error) {
    missing += 1;
    console.warn(`test tools: no ${tool}: ${errorText(error).split('\n').slice(0, 3).join(' ')}`);
  }
}
if (missing > 0 && !isMissingAllowed) process.exitCode = 1;
