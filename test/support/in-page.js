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

/** A check box may show it on its label, a search field on its frame. */
export function showsFocus(element) {
  for (let each = element, up = 0; each !== null && up < 3; each = each.parentElement, up += 1) {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
    if ((outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none') return true;
  }
  return false;
}
