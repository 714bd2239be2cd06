/** Copying, and choosing with which tool: works over plain HTTP, says what happened, and moves nothing. */

const SHOWN_MS = 2000;
let said;
let timer;

/** @param onChosen Another tool or form of reference was chosen, and the page's lines were replaced. */
export function copyButtons(onChosen) {
  said = document.createElement('div');
  said.setAttribute('role', 'status');
  said.className = 'copy-said';
  document.body.append(said);
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-copy]') : null;
    if (button !== null) void copyFrom(button);
  });
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !('copyChoice' in form.dataset) || event.submitter === null) return;
    event.preventDefault();
    choose(form, event.submitter, onChosen);
  });
}

async function copyFrom(button) {
  const done = await copyText(button.dataset.copy ?? '', button.closest('dialog') ?? document.body);
  const menu = button.closest('details.menu[open]');
  if (menu !== null) {
    menu.open = false;
    menu.querySelector('summary')?.focus();
  }
  if (done && button.classList.contains('btn-icon')) mark(button);
  else if (!done) selectLine(button);
  say(done, done && button.classList.contains('btn-icon'));
}

/** @returns {Promise<boolean>} whether it is on the clipboard. */
export async function copyText(text, place = document.body) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Missing on plain HTTP off localhost, or refused: a selected field and `execCommand` work there.
    return copySelected(text, place);
  }
}

/** @param place What is outside of an open dialog cannot be selected. */
function copySelected(text, place) {
  const before = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.readOnly = true;
  field.className = 'visually-hidden';
  field.setAttribute('aria-hidden', 'true');
  place.append(field);
  field.select();
  let done = false;
  try {
    done = document.execCommand('copy');
  } catch {
    done = false;
  }
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return done;
}

/** Shows the text beside the button. */
function mark(button) {
  button.setAttribute('data-done', document.body.dataset.copied ?? '');
  setTimeout(() => button.removeAttribute('data-done'), SHOWN_MS);
}

/** @param isShown The text is visible beside the button already: only announce it. */
export function say(done, isShown = false) {
  const text = (done ? document.body.dataset.copied : document.body.dataset.copyFailed) ?? '';
  clearTimeout(timer);
  said.classList.toggle('visually-hidden', isShown);
  // Clear first: an unchanged text would not be announced again.
  said.textContent = '';
  requestAnimationFrame(() => {
    said.textContent = text;
  });
  timer = setTimeout(
    () => {
      said.textContent = '';
    },
    SHOWN_MS * (done ? 1 : 4),
  );
}

function selectLine(button) {
  const line = button.parentElement?.querySelector('.copybox-text');
  if (line) document.getSelection()?.selectAllChildren(line);
}

/**
 * The choice is a form that brings this page again. With script only what the choice changes is taken from it. An
 * XMLHttpRequest gives it as a document, in which nothing runs.
 */
function choose(form, submitter, onChosen) {
  const box = form.closest('[data-copy-key]');
  const request = new XMLHttpRequest();
  request.responseType = 'document';
  request.open('POST', form.action);
  request.addEventListener('load', () => {
    if (request.status !== 200 || request.response === null) return sendPlainly(form, submitter);
    replaceLines(request.response);
    onChosen();
    refocus(box?.dataset.copyKey);
  });
  request.addEventListener('error', () => sendPlainly(form, submitter));
  request.send(new URLSearchParams(new FormData(form, submitter)));
}

/** The page that comes then tells what was wrong. */
function sendPlainly(form, submitter) {
  const chosen = document.createElement('input');
  chosen.type = 'hidden';
  chosen.name = submitter.name;
  chosen.value = submitter.value;
  form.append(chosen);
  form.submit();
}

function replaceLines(answer) {
  const fresh = new Map([...answer.querySelectorAll('[data-copy-key]')].map((each) => [nameOf(each), each]));
  for (const line of document.querySelectorAll('[data-copy-key]')) {
    const other = fresh.get(nameOf(line));
    if (other !== undefined) line.replaceWith(document.importNode(other, true));
  }
}

/** A box and the menu of rows may have the same key. */
function nameOf(line) {
  return `${line.localName} ${line.dataset.copyKey}`;
}

function refocus(key) {
  const box = [...document.querySelectorAll('[data-copy-key]')].find((each) => each.dataset.copyKey === key);
  box?.querySelector('summary')?.focus();
}
