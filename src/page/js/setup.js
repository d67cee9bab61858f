// How to add the gate to the Home app, while nobody has.

import { ask } from "./ask.js";
import { $, say } from "./dom.js";
import { t } from "./words.js";

let calls = 0;

/** Shows code and QR code as long as `paired` is false. */
export async function showSetup(paired) {
	const call = (calls += 1);
	// An image cannot carry a token: it is fetched, and shown from here.
	const [setup, svg] = paired ? [{}, ""] : await Promise.all([ask("/api/v1/setup"), ask("/api/v1/setup/qr.svg")]);
	if (call !== calls) return;
	const { setup_code: code = "", payload = "" } = setup;
	$("setup").hidden = !code;
	say($("setup-code"), code);
	$("qr").src = svg && `data:image/svg+xml,${encodeURIComponent(svg)}`;
	$("qr").alt = t("setup.qr");
	// A phone cannot photograph its own screen, but its Home app takes the same as a link.
	$("setup-link").hidden = !/iPhone|iPad/.test(navigator.userAgent);
	$("setup-link").href = payload;
}
