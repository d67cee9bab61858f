// How to add the gate to the Home app, while nobody has.

import { read } from "./ask.js";
import { $, say } from "./dom.js";
import { t } from "./words.js";

let calls = 0;

/** Shows code and QR code as long as `paired` is false. */
export async function showSetup(paired) {
	const call = (calls += 1);
	// An image cannot carry a token: it is fetched, and shown from here.
	const load = (path) => read(`/api/v1/setup${path}`, () => call === calls);
	const [setup, svg] = paired ? [{}, ""] : await Promise.all([load(""), load("/qr.svg")]);
	if (setup === null || svg === null) return;
	const { setup_code: code = "", setup_payload: payload = "" } = setup;
	$("setup").hidden = !code;
	say($("setup-code"), code);
	$("qr").src = svg && `data:image/svg+xml,${encodeURIComponent(svg)}`;
	$("qr").alt = t("setup.qr");
	// A phone cannot photograph its own screen, but its Home app takes the same as a link.
	$("setup-link").hidden = !/iPhone|iPad/.test(navigator.userAgent);
	$("setup-link").href = payload;
}
