// Elements from values. Text is only ever set as text: what a client sent cannot become markup.

export function byId(id) {
  return document.getElementById(id);
}

/// Sets what differs: a selection and a screen reader's place stay where nothing changed.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setClass(element, name) {
  if (element.className !== name) element.className = name;
}

/// `children` are elements or texts.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (!target.isConnected) resized.unobserve(target);
    else if (target.scrollHeight > target.clientHeight + 1) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

/// The element, no taller than a few lines. Where it scrolls for that the keyboard gets there too, and nowhere else.
export function longText(element) {
  element.classList.add("long");
  resized.observe(element);
  return element;
}

/// Puts the element before `place`. To move what has the focus would take it away: then the others go behind it instead.
function put(container, element, place) {
  if (!element.contains(document.activeElement)) return container.insertBefore(element, place);
  while (place !== element) {
    const next = place.nextElementSibling;
    container.append(place);
    place = next;
  }
}

/// The container gets an element for each item, in this order; one with the same key is used again, so that focus stays.
export function sync(container, items, keyOf, create, update) {
  const present = new Map([...container.children].map((element) => [element.dataset.key, element]));
  let place = container.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let element = present.get(key);
    if (element) {
      present.delete(key);
    } else {
      element = create(item);
      element.dataset.key = key;
    }
    update(element, item);
    if (element !== place) put(container, element, place);
    place = element.nextElementSibling;
  }
  for (const gone of present.values()) gone.remove();
}

/// A row whose first cell names it; `columns` are `[label, class]`, the label for small screens.
export function makeRow(columns) {
  const row = make("tr");
  columns.forEach(([label, name = ""], i) => {
    const cell = make(i === 0 ? "th" : "td", { "data-label": label });
    if (i === 0) cell.scope = "row";
    if (name) cell.className = name;
    row.append(cell);
  });
  return row;
}

export function fillRow(row, texts) {
  texts.forEach((text, i) => setText(row.cells[i], text));
}
