/** On phones the icon in the top bar opens the box over the whole page; without script it leads to the search page. */

export function searchSheet({ form, input, texts }, bar) {
  const link = document.querySelector('.search-link');
  if (!(link instanceof HTMLAnchorElement) || typeof HTMLDialogElement === 'undefined') return;
  const sheet = document.createElement('dialog');
  sheet.className = 'bar-sheet';
  sheet.setAttribute('aria-label', texts.title);
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'btn bar-close';
  close.textContent = texts.close;
  const place = document.createComment('search');
  form.before(place);
  document.body.append(sheet);

  close.addEventListener('click', () => sheet.close());
  sheet.addEventListener('close', () => {
    bar.close();
    place.after(form);
    link.focus();
  });
  link.addEventListener('click', (event) => {
    event.preventDefault();
    sheet.append(form, close);
    sheet.showModal();
    input.focus();
    void bar.ask();
  });
}
