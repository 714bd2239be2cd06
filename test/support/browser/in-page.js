/** What tests run inside a page of the browser: each is sent there as text, so it uses nothing from outside itself. */

/** Notes what must not happen; before the page's own scripts run. */
export function watch() {
  const seen = [];
  window.seenByTest = seen;
  window.shiftByTest = 0;
  document.addEventListener('securitypolicyviolation', (event) => {
    seen.push(`policy ${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const moved = entry.sources.map(({ node }) => node?.className || node?.nodeName).join(', ');
      if (entry.hadRecentInput) continue;
      window.shiftByTest += entry.value;
      seen.push(`layout moved by ${entry.value.toFixed(4)}: ${moved}`);
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** After two frames what the page's scripts wrote has been drawn. */
export function drawn() {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

export function seenByTest() {
  return window.seenByTest;
}

export function shiftByTest() {
  return window.shiftByTest;
}

export function pixelsTooWide() {
  return document.documentElement.scrollWidth - window.innerWidth;
}

/**
 * Where something stands outside of its box. Tables of phones that are no cards scroll in their box by design, and so do
 * texts such as JSON.
 *
 * @returns {string[]} what is wrong and by how much
 */
export function layoutProblems() {
  const root = document.documentElement;
  const isPhone = window.innerWidth < 768;
  const name = (element) => {
    const classes = [...element.classList].map((each) => `.${each}`).join('');
    return `${element.localName}${classes} “${element.textContent.trim().replace(/\s+/g, ' ').slice(0, 60)}”`;
  };
  const linesOf = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const middles = [...range.getClientRects()].filter(({ width }) => width > 0).map(({ y, height }) => y + height / 2);
    return middles.length === 0 ? 1 : 1 + Math.floor((Math.max(...middles) - Math.min(...middles)) / 12);
  };
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.checkVisibility());
  const problems = [];
  const tooWide = root.scrollWidth - root.clientWidth;
  if (tooWide > 1) problems.push(`the page is ${tooWide} px wider than its window`);
  for (const table of seen('main table')) {
    const box = table.closest('.table-wrap') ?? table.parentElement;
    const over = Math.max(table.offsetWidth, box.scrollWidth) - box.clientWidth;
    if (over > 1 && (!isPhone || table.matches('.list-phones')))
      problems.push(`${over} px wider than its box: ${name(table)}`);
  }
  for (const cell of seen('main table .reference, main td.lead > a, main th[scope="row"]')) {
    if (linesOf(cell) > 1) problems.push(`a name on ${linesOf(cell)} lines: ${name(cell)}`);
  }
  for (const tabs of seen('main .tabs')) {
    if (tabs.offsetHeight - tabs.clientHeight > 4) problems.push(`a scrollbar between tabs: ${name(tabs)}`);
  }
  return problems;
}

/** @returns {Promise<string[]>} rule and first elements */
export async function violations(tags) {
  const result = await window.axe.run(document, { runOnly: tags, resultTypes: ['violations'] });
  return result.violations.map(({ id, nodes }) => {
    const elements = nodes.slice(0, 3).map(({ html, any, all }) => {
      const why = [...any, ...all].map(({ message }) => message).join('; ');
      return `${html.slice(0, 200)} (${why.slice(0, 200)})`;
    });
    return `${id}: ${elements.join('  |  ')}`;
  });
}

export function linksAndView() {
  return {
    view: document.querySelector('main')?.dataset.page ?? '',
    links: [...document.querySelectorAll('a[href]')]
      .filter((link) => link.origin === location.origin && !link.hasAttribute('download'))
      .map((link) => link.pathname + link.search),
  };
}

export function hasFocus(element) {
  return element === document.activeElement;
}

/** Another of the same radio buttons has the focus, or this one. */
export function hasFocusNearby(element) {
  const active = document.activeElement;
  return active instanceof HTMLInputElement && active.type === 'radio' && active.name === element.name;
}

/** Its text is longer than its place. */
export function isCut(element) {
  return element.scrollWidth > element.clientWidth;
}

/** A check box may show it on its label, a search field on its frame. */
export function showsFocus(element) {
  for (let each = element, up = 0; each !== null && up < 3; each = each.parentElement, up += 1) {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
    if ((outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none') return true;
  }
  return false;
}
