/** Building the page: elements, never HTML text, so that nothing from a recording can become markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element with attributes and children. A function as value listens to the event `on<name>`.
 * @param {string} tag
 * @param {Record<string, unknown> | null} [attributes] null, undefined and false are left out
 * @param {...(Node | string | number | null | false | undefined)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/**
 * The same for drawings.
 * @param {string} tag
 * @param {Record<string, unknown> | null} [attributes]
 * @param {...(Node | string | number | null | false | undefined)} children
 * @returns {SVGElement}
 */
export function s(tag, attributes, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * A list of terms, as pairs; pairs without a value are left out.
 * @param {Array<[string, Node | string | number | null | undefined]>} pairs
 * @returns {HTMLElement}
 */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "facts" }, ...known.map(([term, value]) => h("div", null, h("dt", null, term), h("dd", null, value))));
}
