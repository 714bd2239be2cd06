/**
 * One-letter keys for lists and places; `?` shows them all. Never while somebody types, never with Ctrl, Alt or Meta,
 * and switched off by whoever dictates or presses keys by accident (WCAG 2.1.4): that choice is a cookie, and on <body>.
 */
import { copyText, say } from './copy.js';
import { BACKGROUND_HEADERS, parsePage } from './refresh.js';

const SEQUENCE_MS = 1500;
const TYPING =
  'input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"]), textarea, select, [contenteditable]';

export function keyboard() {
  let pending = 0;
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!(event.target instanceof Element) || event.target.closest(TYPING) !== null) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') return byArrow(event);
    if (document.body.dataset.keys === 'off' || document.querySelector('dialog[open]') !== null) return;
    const isSecond = Date.now() - pending < SEQUENCE_MS;
    pending = 0;
    if (isSecond) return goTo(event);
    if (event.key === 'g') pending = Date.now();
    else KEYS[event.key]?.(event);
  });
}

const KEYS = {
  '?': showMap,
  j: (event) => move(event, 1),
  k: (event) => move(event, -1),
  x: toggle,
  c: copyReference,
  '[': (event) => turn(event, 'prev'),
  ']': (event) => turn(event, 'next'),
};

/** Arrow keys move between rows when a row has the focus; elsewhere they scroll. */
function byArrow(event) {
  const row = event.target.closest('main tbody tr');
  if (row === null || event.target.closest('details[open], [role]') !== null || event.shiftKey) return;
  move(event, event.key === 'ArrowDown' ? 1 : -1);
}

function rows() {
  return [...document.querySelectorAll('main table.list tbody tr')].filter((row) => leadOf(row) !== null);
}

/** The link that Enter opens. */
function leadOf(row) {
  return row.querySelector('.lead a[href]') ?? row.querySelector('a[href]');
}

function currentRow() {
  return document.activeElement?.closest('main table.list tbody tr') ?? null;
}

function move(event, step) {
  const all = rows();
  const at = all.indexOf(currentRow());
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
  if (next === undefined) return;
  event.preventDefault();
  leadOf(next)?.focus();
  next.scrollIntoView({ block: 'nearest' });
}

function toggle(event) {
  const box = currentRow()?.querySelector('input[type="checkbox"]:not(:disabled)');
  if (box === null || box === undefined) return;
  event.preventDefault();
  box.click();
}

/** Of the row, or of the page: the reference is the address. */
async function copyReference(event) {
  const link = leadOf(currentRow() ?? document.createElement('tr'));
  const reference = referenceIn(link?.pathname ?? location.pathname);
  if (reference === undefined) return;
  event.preventDefault();
  say(await copyText(reference));
}

function referenceIn(path) {
  const start = document.body.dataset.repositories ?? '';
  if (start === '' || !path.startsWith(start)) return undefined;
  const name = decodeURIComponent(path.slice(start.length)).split('/-/')[0];
  return name === '' ? undefined : `${document.body.dataset.registry}/${name}`;
}

function turn(event, rel) {
  const link = document.querySelector(`main .pager a[rel="${rel}"]`);
  if (link === null) return;
  event.preventDefault();
  link.click();
}

/** The second key of `g h`. Ignored when the viewer has no link to that page. */
function goTo(event) {
  const link = document.querySelector(`.sidebar a[data-go="${CSS.escape(event.key)}"]`);
  if (link === null) return;
  event.preventDefault();
  link.click();
}

/** Shows the page of shortcuts in a dialog; when it cannot be fetched, navigates to it. */
async function showMap(event) {
  const address = document.body.dataset.keyboard;
  if (address === undefined) return;
  event.preventDefault();
  const answer = await fetch(address, { headers: BACKGROUND_HEADERS }).catch(() => undefined);
  if (answer?.ok !== true) return location.assign(address);
  const map = parsePage(await answer.text()).querySelector('.keyboard-map');
  if (map === null || document.querySelector('dialog[open]') !== null) return;
  openDialog(document.adoptNode(map));
}

function openDialog(map) {
  const dialog = document.createElement('dialog');
  dialog.className = 'keyboard-dialog';
  dialog.setAttribute('aria-labelledby', map.querySelector('h1')?.id ?? '');
  dialog.append(map);
  document.body.append(dialog);
  // Closing removes it; a modal dialog gives the focus back to where it was.
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  for (const button of dialog.querySelectorAll('[data-close]')) {
    button.hidden = false;
    button.addEventListener('click', () => dialog.close());
  }
  dialog.showModal();
}
