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
    if (element === place) place = place.nextElementSibling;
    else container.insertBefore(element, place);
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
