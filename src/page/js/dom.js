// Making elements. Text only ever goes in as text, so nothing that a phone calls itself can become markup.

export const $ = (id) => document.getElementById(id);

/** A new element: `make("p", { class: "muted" }, "words", child)`. What is empty is left out. */
export function make(tag, attributes = {}, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
		else if (value) element.setAttribute(name, value === true ? "" : value);
	}
	element.append(...children.filter(Boolean));
	return element;
}

export function say(element, text) {
	if (element.textContent !== text) element.textContent = text;
}
