// Progressive enhancement: every page works without this file.

import { growingAges } from './ages.js';
import { chartStops } from './chart-stops.js';
import { copyButtons } from './copy.js';
import { descriptionPreviews } from './description.js';
import { liveFilters } from './filters.js';
import { foldNavigation } from './fold.js';
import { newPushes } from './home.js';
import { keyboard } from './keyboard.js';
import { liveUpdates } from './live.js';
import { closeMenus } from './menus.js';
import { polledParts } from './poll.js';
import { revealPasswords } from './reveal.js';
import { newRowMenus, rowMenus } from './row-menus.js';
import { searchBoxes } from './search.js';
import { prepare as prepareSelections, selections } from './selection.js';
import { localTimes } from './times.js';
import { titles } from './titles.js';

copyButtons(newRowMenus);
chartStops();
localTimes();
growingAges();
rowMenus();
titles();
closeMenus();
foldNavigation();
keyboard();
liveUpdates(takenOver);
polledParts(localTimes);
searchBoxes();
revealPasswords();
liveFilters(takenOver);
selections();
newPushes();
descriptionPreviews();

/** For content that was added after the page was opened. */
function takenOver(place) {
  localTimes(place);
  rowMenus();
  prepareSelections();
}
