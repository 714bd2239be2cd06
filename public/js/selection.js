/**
 * Boxes of a list: all at once, a range with Shift, and one bar that says how much is chosen and what can be done with
 * it. The bar is a plain form: without this file its buttons do the same.
 */
import { copyText, say } from './copy.js';

let last;

export function selections() {
  prepare();
  document.addEventListener('click', (event) => {
    if (!(event.target instanceof Element)) return;
    const box = event.target.closest('tbody input[form]');
    if (box !== null) chooseRange(event, box);
    const toggle = event.target.closest('[data-choose]');
    if (toggle !== null) chooseAll(toggle.dataset.choose !== 'none', toggle.form);
    const copy = event.target.closest('[data-copy-chosen]');
    if (copy !== null) void copyChosen(event, copy.form);
  });
  document.addEventListener('change', (event) => {
    const { target } = event;
    if (!(target instanceof HTMLInputElement)) return;
    if ('chooseAll' in target.dataset) chooseAll(target.checked, target.form);
    if (target.form !== null && 'selection' in target.form.dataset) show(target.form);
  });
  // Back in the history the browser ticks the boxes again; a page that was read again has new ones.
  window.addEventListener('pageshow', prepare);
}

/** Also after the page took over a new <main>. */
export function prepare() {
  for (const form of document.querySelectorAll('form[data-selection]')) {
    for (const hidden of document.querySelectorAll('[data-script-only]')) hidden.hidden = false;
    show(form);
  }
}

const boxesOf = (form) =>
  [...document.querySelectorAll('tbody input[form]:not(:disabled)')].filter((box) => box.form === form);
const chosenOf = (form) => boxesOf(form).filter((box) => box.checked);

/** From the box that was clicked before to this one; all become what this one is now. */
function chooseRange(event, box) {
  const boxes = boxesOf(box.form);
  const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((one, other) => one - other);
  if (event.shiftKey && from >= 0) for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
  last = box;
  show(box.form);
}

function chooseAll(isOn, form) {
  for (const box of boxesOf(form)) box.checked = isOn;
  show(form);
}

function show(form) {
  if (form === null) return;
  const [boxes, chosen] = [boxesOf(form), chosenOf(form)];
  for (const all of form.ownerDocument.querySelectorAll('input[data-choose-all]')) {
    if (all.form !== form) continue;
    all.checked = boxes.length > 0 && chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
  }
  for (const box of boxes) box.closest('tr')?.classList.toggle('is-chosen', box.checked);
  const count = form.querySelector('[data-selection-count]');
  if (count !== null) count.textContent = textFor(form, chosen);
  const two = form.querySelector('[data-needs-two]');
  if (two !== null) two.disabled = chosen.length !== 2;
}

/** A row tells how many tags it has only where it does not show them all. */
function tagCountOf(box) {
  return Number(box.dataset.tags ?? box.closest('tr').querySelectorAll('.chips > a').length);
}

/** `3 images, 9 tags`. */
function textFor({ dataset }, chosen) {
  const tags = chosen.reduce((sum, box) => sum + tagCountOf(box), 0);
  const rows = words(dataset.rowOne, dataset.rowOther, chosen.length);
  if (dataset.tagOther === undefined) return rows;
  return [rows, words(dataset.tagOne, dataset.tagOther, tags)].join(dataset.comma);
}

function words(one, other, count) {
  const { lang } = document.documentElement;
  const text = new Intl.PluralRules(lang).select(count) === 'one' ? one : other;
  return (text ?? other ?? '').replace('{n}', new Intl.NumberFormat(lang).format(count));
}

/** `v1@sha256:…` is known by its tag, `sha256:…` by nothing else. */
function suffixOf(value) {
  const [tag, digest] = value.split('@');
  return digest === undefined ? `@${tag}` : `:${tag}`;
}

async function copyChosen(event, form) {
  event.preventDefault();
  const lines = chosenOf(form).map(({ value }) => form.dataset.reference + suffixOf(value));
  if (lines.length > 0) say(await copyText(lines.join('\n')));
}
