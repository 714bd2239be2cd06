/**
 * Rows of tags are sent lean: what can be done with one stands once for the whole list, in a <template>. Here each row gets
 * its menu, and its links say which digest was shown. Without this file the page behind a tag offers the same.
 */
export function rowMenus() {
  const template = document.querySelector('template[data-row-menu]');
  if (template === null) return;
  for (const row of document.querySelectorAll('.tags.lean tbody tr')) {
    const place = row.lastElementChild;
    if (place.childElementCount > 0) continue;
    const facts = factsOf(row);
    place.append(menuOf(template, row, facts));
    linkDigest(row, template.dataset.rowMenu, facts);
  }
}

/** After the tool or the form of the lines was chosen anew. */
export function newRowMenus() {
  for (const place of document.querySelectorAll('.tags.lean tbody td:last-child')) place.replaceChildren();
  rowMenus();
}

function factsOf(row) {
  const [tag, digest] = row.querySelector('input').value.split('@');
  return { tag, digest, version: tag.replaceAll('_', '+') };
}

const tagLinks = (row) => [...row.querySelectorAll('.chips > a:not(.chip-plain)')];

function menuOf(template, row, facts) {
  const menu = template.content.firstElementChild.cloneNode(true);
  for (const each of menu.querySelectorAll('[data-kind]')) {
    if (each.dataset.kind !== (row.dataset.kind ?? '0')) each.remove();
  }
  for (const each of menu.querySelectorAll('summary, .menu-list > :not([data-each-tag])')) fill(each, facts);
  const pattern = menu.querySelector('[data-each-tag]');
  for (const link of tagLinks(row)) {
    const entry = pattern.cloneNode(true);
    fill(entry, { ...facts, tag: link.textContent });
    pattern.before(entry);
  }
  pattern.remove();
  return menu;
}

const filled = (text, facts) => text.replace(/\{(\w+)\}/g, (gap, name) => facts[name] ?? gap);

function fill(element, facts) {
  const { href, copy } = element.dataset;
  if (href !== undefined) element.setAttribute('href', filled(href, facts));
  if (copy !== undefined) element.dataset.copy = filled(copy, facts);
  if (element.ariaLabel) element.ariaLabel = filled(element.ariaLabel, facts);
  if (element.childElementCount === 0) element.textContent = filled(element.textContent, facts);
}

/** Links to a tag carry the digest that was shown, so that the page can say when the tag has moved. */
function linkDigest(row, pattern, facts) {
  const { digest } = facts;
  for (const link of tagLinks(row)) link.setAttribute('href', `${link.getAttribute('href')}?digest=${digest}`);
  const cell = row.children[2];
  const link = document.createElement('a');
  link.setAttribute('href', filled(pattern, facts));
  link.title = digest;
  link.append(...cell.childNodes);
  cell.append(link);
}
