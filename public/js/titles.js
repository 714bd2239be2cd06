/** Tooltips with the full text of cells that are cut off. */
export function titles() {
  document.addEventListener('mouseover', ({ target }) => {
    if (!(target instanceof Element)) return;
    const cell = target.closest('.lean td > :is(a, code)');
    if (cell !== null && cell.title === '') cell.title = titleOf(cell);
  });
}

function titleOf(cell) {
  return cell.localName === 'code' ? `linux/${cell.textContent}` : (cell.ariaLabel ?? cell.textContent);
}
