/** What was typed as a password can be looked at; it is hidden again before it is sent, so that no browser keeps it as text. */
export function revealPasswords() {
  for (const button of document.querySelectorAll('[data-reveal]')) {
    const field = document.getElementById(button.dataset.reveal);
    if (!(field instanceof HTMLInputElement)) continue;
    const show = (isShown) => {
      field.type = isShown ? 'text' : 'password';
      button.setAttribute('aria-pressed', String(isShown));
    };
    button.hidden = false;
    button.addEventListener('click', () => {
      show(field.type === 'password');
      field.focus();
    });
    field.form?.addEventListener('submit', () => show(false));
  }
}
