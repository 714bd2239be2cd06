/** Suggestions below a search box while somebody types: a combobox with a list. Without script it is a plain form. */

const WAIT_MS = 120;
let lists = 0;

export function searchBoxes() {
  for (const form of document.querySelectorAll('form[data-suggestions]')) {
    const input = form.querySelector('input[type="search"]');
    if (input instanceof HTMLInputElement) combobox(form, input);
  }
  document.addEventListener('keydown', focusSearch);
}

/** `/` and Ctrl+K. On phones the box of the top bar is hidden: that of the search page, or the way to it. */
function focusSearch(event) {
  const typing = event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]');
  const wanted =
    (event.key === '/' && !typing) || (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey));
  if (!wanted || event.altKey) return;
  const box = [...document.querySelectorAll('input[data-search]')].find((input) => input.offsetParent !== null);
  if (box === undefined) return;
  event.preventDefault();
  box.focus();
  box.select();
}

function combobox(form, input) {
  lists += 1;
  const list = document.createElement('ul');
  list.id = `suggestions-${lists}`;
  list.className = 'suggestions';
  list.hidden = true;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', input.getAttribute('aria-label') ?? '');
  form.append(list);
  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-expanded', 'false');
  input.setAttribute('aria-controls', list.id);

  let shown = [];
  let active = -1;
  let timer;
  let request = new AbortController();

  function close() {
    clearTimeout(timer);
    request.abort();
    shown = [];
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute('aria-expanded', 'false');
    select(-1);
  }

  function select(index) {
    active = index;
    for (const [at, option] of [...list.children].entries()) {
      option.setAttribute('aria-selected', String(at === index));
      if (at === index) option.scrollIntoView({ block: 'nearest' });
    }
    if (index < 0) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', `${list.id}-${index}`);
  }

  function choose(suggestion) {
    if (suggestion.href !== null) {
      close();
      window.location.assign(suggestion.href);
      return;
    }
    input.value = suggestion.text;
    input.focus();
    ask();
  }

  function show(suggestions) {
    shown = suggestions;
    list.replaceChildren(...suggestions.map((suggestion, index) => option(`${list.id}-${index}`, suggestion)));
    list.hidden = suggestions.length === 0;
    input.setAttribute('aria-expanded', String(suggestions.length > 0));
    select(-1);
  }

  async function ask() {
    request.abort();
    if (input.value.trim() === '') return close();
    request = new AbortController();
    const { signal } = request;
    try {
      const address = `${form.dataset.suggestions}?q=${encodeURIComponent(input.value.slice(0, 400))}`;
      const response = await fetch(address, { signal, redirect: 'error', headers: { accept: 'application/json' } });
      const { suggestions } = response.ok ? await response.json() : { suggestions: [] };
      if (!signal.aborted && document.activeElement === input) show(suggestions);
    } catch {
      // Another key was pressed, or the server is away: typing goes on without suggestions.
    }
  }

  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'Escape' && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (list.hidden) ask();
      else select(next(active, event.key === 'ArrowDown' ? 1 : -1, shown.length));
    } else if (event.key === 'Enter' && active >= 0) {
      event.preventDefault();
      choose(shown[active]);
    }
  });
  // The box keeps the focus while the pointer is down on the list.
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const index = [...list.children].findIndex((item) => item.contains(event.target));
    if (index >= 0) choose(shown[index]);
  });
}

/** Round, with one place for none: the text as it was typed. */
function next(active, step, length) {
  const places = length + 1;
  return ((active + 1 + step + places) % places) - 1;
}

function option(id, { label, kind }) {
  const item = document.createElement('li');
  item.id = id;
  item.setAttribute('role', 'option');
  item.setAttribute('aria-selected', 'false');
  for (const [name, text] of [
    ['suggestion-label', label],
    ['suggestion-kind', kind],
  ]) {
    const part = document.createElement('span');
    part.className = name;
    part.textContent = text;
    item.append(part);
  }
  return item;
}
