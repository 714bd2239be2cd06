// Comfort only: every page works without this file.

import { copyButtons } from './copy.js';
import { liveUpdates } from './live.js';
import { closeMenus } from './menus.js';
import { localTimes } from './times.js';

copyButtons();
localTimes();
closeMenus();
liveUpdates(localTimes);

const search = document.querySelector('[data-search]');
document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]');
  const wanted = (event.key === '/' && !typing) || (event.key === 'k' && (event.ctrlKey || event.metaKey));
  if (!wanted || !(search instanceof HTMLInputElement)) return;
  event.preventDefault();
  search.focus();
  search.select();
});
