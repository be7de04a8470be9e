// Elements. Whatever is shown comes from someone else: it is only ever the text of an element, never its markup.

/** `h("a.id", { href, onclick }, "text", other, [more], null)`. `style` is an object, since the page's policy refuses text. */
export function h(what, props, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, it] of Object.entries(value)) element.style.setProperty(key, it);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

/** A place that is drawn anew only if what it shows has changed, so that focus and selection stay. */
export function place(draw, what = "section") {
  const element = h(what, { hidden: true });
  let shown;
  return {
    element,
    show(data) {
      const now = JSON.stringify(data);
      if (now === shown) return;
      shown = now;
      const drawn = data === undefined || data === null ? null : draw(data);
      fill(element, drawn);
      element.hidden = !drawn || (Array.isArray(drawn) && drawn.length === 0);
    },
  };
}

/** Names and values, as far as there are values. */
export function facts(list) {
  const some = list.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return h("dl.facts", null, some.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

/** Of a table: what its columns are called, and what is in one of them. */
export function headings(...names) {
  return h("thead", null, h("tr", null, names.map((it) => h("th", { scope: "col" }, it))));
}

export function cell(label, ...children) {
  return h("td", { "data-label": label }, children);
}

export function panel(title, ...children) {
  return h("div.panel", null, h("h2", null, title), children);
}

export function folded(title, open, ...children) {
  return h("details", { open }, h("summary", null, title), children);
}

export function empty(...text) {
  return h("p.empty", null, text);
}

let hiding;
export function toast(text) {
  const element = document.getElementById("toast");
  element.textContent = text;
  element.classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => element.classList.remove("shown"), 4000);
}
