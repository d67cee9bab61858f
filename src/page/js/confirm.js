// A question on the page itself, asked once. Escape and time answer no.

import { make } from "./dom.js";
import { still } from "./picture.js";
import { t } from "./words.js";

// How long a question stands. A phone that goes back into a pocket must not open a gate there.
const STANDS = 10_000;
// A second tap of a double tap is no answer.
const DOUBLE = 350;

/** Puts the question into `box`, the box in the place of `instead`, and resolves to the answer. */
export function confirm(box, instead, { question, yes, danger = false, signal }) {
	return new Promise((resolve) => {
		const asked = performance.now();
		const words = box.querySelector("p");
		const [no, go] = box.querySelectorAll("button");
		words.textContent = question;
		words.id ||= `question-${(count += 1)}`;
		box.setAttribute("aria-labelledby", words.id);
		no.textContent = t("confirm.no");
		go.textContent = yes;
		go.className = danger ? "danger yes" : "main yes";
		const over = new AbortController();
		const answer = (value) => {
			over.abort();
			clearTimeout(timer);
			const within = box.contains(document.activeElement);
			box.hidden = true;
			instead.hidden = false;
			if (within) instead.focus();
			resolve(value);
		};
		const timer = setTimeout(() => answer(false), STANDS);
		const listen = { signal: over.signal };
		go.addEventListener("click", () => performance.now() - asked > DOUBLE && answer(true), listen);
		no.addEventListener("click", () => answer(false), listen);
		box.addEventListener("keydown", (event) => event.key === "Escape" && answer(false), listen);
		signal?.addEventListener("abort", () => answer(false), listen);
		instead.hidden = true;
		box.hidden = false;
		if (!still.matches) box.querySelector("i").animate([{ scale: "1 1" }, { scale: "0 1" }], STANDS);
		go.focus();
	});
}

export function confirmBox() {
	return make(
		"div",
		{ class: "confirm", role: "group", hidden: true },
		make("p"),
		make("div", { class: "choices" }, make("button", { class: "no" }), make("button", { class: "yes" })),
		make("i", { "aria-hidden": "true" }),
	);
}

let count = 0;
