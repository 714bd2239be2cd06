// Comfort only: every page works without this file.

import { copyButtons } from './copy.js';
import { newPushes } from './home.js';
import { liveUpdates } from './live.js';
import { closeMenus } from './menus.js';
import { polledParts } from './poll.js';
import { searchBoxes } from './search.js';
import { localTimes } from './times.js';

copyButtons();
localTimes();
closeMenus();
liveUpdates(localTimes);
polledParts(localTimes);
searchBoxes();
newPushes();
