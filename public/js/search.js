/** The command bar: what to open and what to do, while somebody types. Without script it is a plain form. */

import { copyText, say } from './copy.js';
import { createRecent, forgetOnSignOut } from './recent.js';
import { askSuggestions } from './search-answers.js';
import { createList } from './search-list.js';
import { searchPalette } from './search-palette.js';

const WAIT_MS = 100;

export function searchBoxes() {
  for (const form of document.querySelectorAll('form[data-suggestions]')) {
    const input = form.querySelector('input[type="search"]');
    if (!(input instanceof HTMLInputElement)) continue;
    const box = { form, input, texts: textsOf(form) };
    const bar = commandBar(box);
    if (form.classList.contains('search-box')) searchPalette(box, bar);
  }
  document.addEventListener('keydown', openByKey);
  forgetOnSignOut();
}

/** In the order of `views/shell/search-box.ejs`. */
function textsOf({ dataset }) {
  const [title, close, recent, forget, signedOut, signIn, offline, failed, busy, ...keys] = dataset.texts.split('|');
  const signs = ['↑ ↓', '↵', 'Esc'];
  return {
    ...{ title, close, signedOut, offline, failed, busy },
    recent: { label: recent, icon: 'history' },
    forget: { label: forget, icon: 'x' },
    signIn: { label: signIn, icon: 'user' },
    keys: signs.map((sign, index) => [sign, keys[index]]),
  };
}

/** `/` and Ctrl+K or ⌘K open the palette, from wherever one is. */
function openByKey(event) {
  const typing = event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]');
  const wanted =
    (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) ||
    (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey));
  if (!wanted || event.altKey) return;
  const box = document.querySelector('.search-box input[data-search]');
  if (box === null || document.querySelector('dialog[open]:not(.bar-sheet)') !== null) return;
  event.preventDefault();
  box.dispatchEvent(new CustomEvent('bar-open'));
}

function commandBar(box) {
  const { form, input, texts } = box;
  const { base, viewer } = form.dataset;
  const recent = createRecent({ base, viewer });
  const list = createList(box);
  const sheet = () => form.closest('dialog');
  let timer;
  let turn = 0;
  let request = new AbortController();

  function close() {
    clearTimeout(timer);
    turn += 1;
    request.abort();
    list.hide();
  }

  /** The palette gives the focus back to where it was. */
  function leave() {
    close();
    input.value = input.defaultValue;
    if (sheet() !== null) return sheet().close();
    input.blur();
  }

  /** Answers may arrive out of order: only that of the last request is shown. */
  async function ask() {
    clearTimeout(timer);
    request.abort();
    request = new AbortController();
    turn += 1;
    const mine = turn;
    const isEmpty = input.value.trim() === '';
    const remembered = () => (isEmpty ? recentGroup(recent.list(), texts) : []);
    if (remembered().length > 0) list.show({ groups: remembered(), said: '' });
    const question = { form, texts, text: input.value, signal: request.signal };
    const answer = await askSuggestions(question).catch(() => undefined);
    if (answer === undefined || mine !== turn || document.activeElement !== input) return;
    list.show({ ...answer, groups: [...remembered(), ...answer.groups], typed: input.value });
  }

  function askSoon() {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  }

  async function choose(item, isApart) {
    if (item.recent !== undefined && item.href !== undefined) recent.add(item.recent, item.href);
    if (item.forget) {
      recent.clear();
      await ask();
    } else if (item.fill !== undefined) {
      input.value = item.fill;
      await ask();
    } else if (item.copy !== undefined) {
      await copy(item.copy);
    } else if (item.form !== undefined) {
      post(item.form);
    } else if (isApart) {
      window.open(item.href, '_blank', 'noopener');
    } else {
      close();
      location.assign(item.href);
    }
  }

  async function copy(text) {
    const done = await copyText(text, sheet() ?? document.body);
    if (done) leave();
    else {
      close();
      input.value = text;
      input.focus();
      input.select();
    }
    say(done);
  }

  function keep() {
    const text = input.value.trim();
    recent.add(text, `${base}/search?${new URLSearchParams({ q: text })}`);
  }

  const bar = { ask, askSoon, close, leave, choose, keep };
  listen(form, input, list, bar);
  return bar;
}

function listen(form, input, list, bar) {
  input.addEventListener('input', (event) => {
    list.unselect();
    // During IME composition the text is not complete.
    if (!event.isComposing) bar.askSoon();
  });
  input.addEventListener('compositionend', () => void bar.ask());
  input.addEventListener('click', () => list.isOpen() || void bar.ask());
  input.addEventListener('blur', () => form.closest('dialog') === null && bar.close());
  input.addEventListener('keydown', (event) => event.isComposing || byKey(event, list, bar));
  form.addEventListener('submit', bar.keep);
  // The box keeps the focus while the pointer is down on the list.
  list.panel.addEventListener('mousedown', (event) => event.preventDefault());
  list.list.addEventListener('click', (event) => {
    const item = event.target instanceof Element ? list.itemOf(event.target) : undefined;
    if (item !== undefined) void bar.choose(item, event.ctrlKey || event.metaKey);
  });
}

function byKey(event, list, bar) {
  const item = list.active();
  if (event.key === 'Escape') {
    event.preventDefault();
    bar.leave();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    if (list.isOpen()) list.move(event.key === 'ArrowDown' ? 1 : -1);
    else void bar.ask();
  } else if (event.key === 'Enter' && item !== undefined) {
    event.preventDefault();
    void bar.choose(item, event.ctrlKey || event.metaKey);
  }
}

function recentGroup(entries, texts) {
  if (entries.length === 0) return [];
  const items = entries.map(({ text, href }) => ({ label: text, icon: texts.recent.icon, href, recent: text }));
  return [{ id: 'recent', label: texts.recent.label, items: [...items, { ...texts.forget, forget: true }] }];
}

/** With the token that the forms of this page carry. */
function post({ action, fields }) {
  const token = document.querySelector('input[name="_csrf"]')?.value ?? '';
  const posted = document.createElement('form');
  posted.method = 'post';
  posted.action = action;
  posted.hidden = true;
  for (const [name, value] of Object.entries({ ...fields, _csrf: token })) {
    const field = document.createElement('input');
    field.type = 'hidden';
    field.name = name;
    field.value = value;
    posted.append(field);
  }
  document.body.append(posted);
  posted.requestSubmit();
}
