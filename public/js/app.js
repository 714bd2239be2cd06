// Comfort only: every page works without this file.

import { copyButtons } from './copy.js';
import { liveUpdates } from './live.js';
import { closeMenus } from './menus.js';
import { searchBoxes } from './search.js';
import { localTimes } from './times.js';

copyButtons();
localTimes();
closeMenus();
liveUpdates(localTimes);
searchBoxes();
