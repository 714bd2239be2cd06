/**
 * The search box opens as a palette in the middle of the page, on phones over the whole of it: by its key, by a click, or
 * by beginning to type. Tabbing past it opens nothing. Without script the box is a form, the icon a link to the page.
 */

/** Keys that lead away from the box or do nothing in it. */
const NOT_TYPING = ['Tab', 'Enter', 'Escape', 'Shift', 'Control', 'Alt', 'Meta', 'CapsLock'];

export function searchPalette({ form, input, texts }, bar) {
  if (typeof HTMLDialogElement === 'undefined') return;
  const palette = createPalette(texts);
  const close = palette.querySelector('button');
  let standIn = form;
  let opener;

  function open(from) {
    if (palette.open) return input.focus();
    opener = from;
    standIn = placeOf(form);
    form.replaceWith(standIn);
    palette.prepend(form);
    palette.showModal();
    input.focus();
    input.select();
    void bar.ask();
  }

  palette.addEventListener('close', () => {
    bar.close();
    standIn.replaceWith(form);
    opener?.focus();
  });
  palette.addEventListener('click', (event) => event.target === palette && palette.close());
  close.addEventListener('click', () => palette.close());
  input.addEventListener('bar-open', () => open());
  openByHand(form, input, () => palette.open, open);
}

function createPalette(texts) {
  const palette = document.createElement('dialog');
  palette.className = 'bar-sheet';
  palette.setAttribute('aria-label', texts.title);
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'btn bar-close';
  close.textContent = texts.close;
  palette.append(close);
  document.body.append(palette);
  return palette;
}

function openByHand(form, input, isOpen, open) {
  form.addEventListener(
    'click',
    (event) => {
      if (isOpen()) return;
      event.stopPropagation();
      open(input);
    },
    true,
  );
  input.addEventListener('keydown', (event) => {
    if (!isOpen() && !NOT_TYPING.includes(event.key) && !event.ctrlKey && !event.metaKey) open(input);
  });
  const link = document.querySelector('.search-link');
  link?.addEventListener('click', (event) => {
    event.preventDefault();
    open(link);
  });
}

/** Keeps the place of the box in the top bar while the box itself is in the palette. */
function placeOf(form) {
  const copy = form.cloneNode(true);
  copy.inert = true;
  copy.removeAttribute('data-suggestions');
  for (const part of copy.querySelectorAll('.bar-panel, [role="status"]')) part.remove();
  for (const name of ['data-search', 'name', 'aria-controls']) copy.querySelector('input').removeAttribute(name);
  return copy;
}
