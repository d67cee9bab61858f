// Whether all is well, in one line, with what mends it.

import { $, make } from "./dom.js";
import { sentence, t } from "./words.js";

/** Shows the daemon's verdict, the worst part first. */
export function showHealth({ verdict, parts }) {
	const worst = parts.find((part) => part.verdict === verdict);
	const isWell = verdict === "ok";
	line(verdict, isWell ? t("health.ok") : sentence(worst.what), !isWell && worst.mend ? sentence(worst.mend) : "");
	$("health-parts").replaceChildren(
		...parts.map((part) =>
			make(
				"li",
				{},
				make("span", { class: `dot ${part.verdict}` }, make("span", { class: "hears" }, `${t(`verdict.${part.verdict}`)}: `), t(`part.${part.part}`)),
				make("span", { class: "mend" }, [part.what, part.mend].filter(Boolean).map((text) => sentence(text)).join(" ")),
			),
		),
	);
}

/** Nothing is known any more. */
export function forgetHealth() {
	line("", t("state.unknown"), "");
	$("health-parts").replaceChildren();
}

function line(verdict, words, mend) {
	const root = $("health-line");
	if (root.dataset.words === words + mend) return;
	root.dataset.words = words + mend;
	root.className = `dot ${verdict}`;
	root.replaceChildren(words, mend && make("span", { class: "mend" }, mend));
}
