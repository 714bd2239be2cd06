/** `navigator.clipboard` is missing on plain HTTP off localhost; there a hidden field and `execCommand` still work. */
async function copyText(text) {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'visually-hidden';
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

export function copyButtons() {
  document.addEventListener('click', async (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-copy]') : null;
    if (button === null) return;
    await copyText(button.getAttribute('data-copy') ?? '');
    button.setAttribute('data-done', document.body.dataset.copied ?? '');
    setTimeout(() => button.removeAttribute('data-done'), 1500);
  });
}
