/**
 * The preview of a description beside its text, while it is written. The server draws it, from the same form that works
 * without this file; what comes back is parsed as a document, in which nothing runs.
 */
const AFTER_MS = 600;

export function descriptionPreviews() {
  let timer;
  let request;

  document.addEventListener('input', (event) => {
    const form = event.target.closest?.('form[data-description]');
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(() => preview(form), AFTER_MS);
  });
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('[data-preview]');
    if (!button) return;
    event.preventDefault();
    clearTimeout(timer);
    preview(button.form);
  });

  /** By XMLHttpRequest, because only that parses by itself: no text becomes HTML in a script. */
  function preview(form) {
    request?.abort();
    request = new XMLHttpRequest();
    request.open('POST', form.action);
    request.responseType = 'document';
    request.addEventListener('load', ({ target }) => show(form, target.response));
    const fields = new URLSearchParams(new FormData(form));
    fields.set('do', 'preview');
    request.send(fields);
  }

  function show(form, answer) {
    const drawn = answer?.querySelector('[data-preview-result] .rich-text');
    const place = form.querySelector('[data-preview-place]');
    if (drawn && place) place.replaceChildren(document.adoptNode(drawn));
  }
}
