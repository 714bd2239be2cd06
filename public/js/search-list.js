/** The list below the box: groups of options, one of them chosen, and a sentence where there is something to say. */

let lists = 0;

export function createList({ form, input, texts }) {
  lists += 1;
  const id = `suggestions-${lists}`;
  const panel = element('div', 'bar-panel');
  const list = element('div', 'bar-list', {
    id,
    role: 'listbox',
    'aria-label': input.getAttribute('aria-label') ?? '',
  });
  const note = element('p', 'bar-note');
  const status = element('div', 'visually-hidden', { role: 'status' });
  panel.append(list, note, legend(texts.keys));
  panel.hidden = true;
  form.append(panel, status);
  for (const [name, value] of [
    ['role', 'combobox'],
    ['aria-autocomplete', 'list'],
    ['aria-haspopup', 'listbox'],
    ['aria-expanded', 'false'],
    ['aria-controls', id],
  ]) {
    input.setAttribute(name, value);
  }

  let options = [];
  let active = -1;

  function select(index) {
    active = index;
    for (const [at, { node }] of options.entries()) {
      node.setAttribute('aria-selected', String(at === index));
      if (at === index) node.scrollIntoView({ block: 'nearest' });
    }
    if (index < 0) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', options[index].node.id);
  }

  return {
    panel,
    list,
    isOpen: () => !panel.hidden,
    active: () => options[active]?.item,
    itemOf: (node) => options.find((option) => option.node.contains(node))?.item,
    show({ groups, said, note: sentence = '', typed = '' }) {
      const word = typed.trim().split(/\s+/).at(-1)?.toLowerCase() ?? '';
      const before = options[active]?.item;
      options = [];
      list.replaceChildren(
        ...groups.map((group, index) =>
          groupNode(group, `${id}-${index}`, { icons: form.dataset.icons, word }, options),
        ),
      );
      note.textContent = sentence;
      note.hidden = sentence === '';
      panel.hidden = options.length === 0 && sentence === '';
      input.setAttribute('aria-expanded', String(options.length > 0));
      if (status.textContent !== said) status.textContent = said;
      // A later answer that still has what somebody moved to must not take it away.
      select(before === undefined ? -1 : options.findIndex(({ item }) => isSame(item, before)));
    },
    /** Typing on clears the choice. */
    unselect: () => select(-1),
    hide() {
      options = [];
      list.replaceChildren();
      panel.hidden = true;
      status.textContent = '';
      input.setAttribute('aria-expanded', 'false');
      select(-1);
    },
    /** Wraps around, with one position for no option: the typed text. */
    move(step) {
      const places = options.length + 1;
      select(((active + 1 + step + places) % places) - 1);
    },
  };
}

const isSame = (item, other) => item.label === other.label && item.href === other.href;

function element(name, className, attributes = {}) {
  const made = document.createElement(name);
  made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function groupNode({ label, items }, id, look, options) {
  const group = element('div', 'bar-group', { role: 'group' });
  if (label !== '') {
    const title = element('p', 'bar-title', { id, role: 'presentation' });
    title.textContent = label;
    group.setAttribute('aria-labelledby', id);
    group.append(title);
  }
  for (const [index, item] of items.entries()) {
    const node = optionNode(item, `${id}-${index}`, look);
    options.push({ node, item });
    group.append(node);
  }
  return group;
}

function optionNode({ label, facts, detail, icon, tone }, id, { icons, word }) {
  const node = element('div', tone === 'red' ? 'bar-item is-destroying' : 'bar-item', {
    ...{ id, role: 'option', 'aria-selected': 'false' },
    // The parts of a name stand apart and would be read with a gap.
    ...(facts === undefined ? {} : { 'aria-label': `${label} ${facts}` }),
  });
  const picture = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  picture.setAttribute('class', 'icon');
  picture.setAttribute('aria-hidden', 'true');
  const shape = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  shape.setAttribute('href', `${icons}#${icon}`);
  picture.append(shape);
  const name = element('span', 'bar-label');
  name.append(...labelParts(label, facts === undefined ? '' : word));
  const lines = element('span', 'bar-lines');
  lines.append(name);
  node.append(picture, lines);
  if (facts) {
    const second = element('span', 'bar-facts');
    second.textContent = facts;
    lines.append(' ', second);
  }
  if (detail) {
    const more = element('span', 'bar-detail');
    more.textContent = detail;
    node.append(more);
  }
  return node;
}

/** A long name is shortened in its folder; the typed part is highlighted. */
function labelParts(label, word) {
  if (word === '') return [label];
  const [, folder, leaf] = /^(.*\/)?(.*)$/s.exec(label);
  return [
    ['bar-folder', folder ?? ''],
    ['bar-name', leaf],
  ]
    .filter(([, text]) => text !== '')
    .map(([className, text]) => {
      const part = element('span', className);
      part.append(...marked(text, word));
      return part;
    });
}

function marked(text, word) {
  const at = text.toLowerCase().indexOf(word);
  if (at < 0) return [text];
  const mark = element('mark', 'bar-match');
  mark.textContent = text.slice(at, at + word.length);
  return [text.slice(0, at), mark, text.slice(at + word.length)];
}

function legend(keys) {
  const line = element('p', 'bar-keys', { 'aria-hidden': 'true' });
  for (const [key, text] of keys) {
    const cap = document.createElement('kbd');
    cap.textContent = key;
    const part = document.createElement('span');
    part.append(cap, ` ${text}`);
    line.append(part);
  }
  return line;
}
