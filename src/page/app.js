// The page: one event stream, and what it says in the places where it belongs.

import { forgetToken, hasToken, keepToken } from "/js/ask.js";
import { showControllers } from "/js/controllers.js";
import { $, say } from "/js/dom.js";
import { GateCard } from "/js/gate.js";
import { forgetHealth, showHealth } from "/js/health.js";
import { History } from "/js/history.js";
import { showSetup } from "/js/setup.js";
import { Stream } from "/js/stream.js";
import { clock, loadWords, offerLanguages, said, t } from "/js/words.js";

// A first connection that takes longer than this is worth a word.
const FIRST = 3000;

const gates = new Map();
let history = null;
let stream = null;
let version = null;
// Since when nothing is known; null while all is live.
let lostAt = null;

const events = {
	snapshot(snapshot, skew) {
		// After an update, the page that came with the old program must not go on.
		if (version !== null && version !== snapshot.version) return location.reload();
		version = snapshot.version;
		say($("version"), `Portcullis ${version}`);
		lostAt = null;
		show("live", t("link.live"), "");
		const names = snapshot.gates.map(({ name }) => name);
		if (names.join("\n") !== [...gates.keys()].join("\n")) layOut(names);
		for (const state of snapshot.gates) gates.get(state.name).show(state, skew);
		history.set(snapshot.history);
		showHealth(snapshot.health);
		pairing(snapshot.pairing);
		$("token").hidden = true;
		$("rest").hidden = false;
		$("forget").hidden = !hasToken();
		title();
	},
	state(state, skew) {
		gates.get(state.name)?.show(state, skew);
		title();
	},
	history: (line) => history.add(line),
	health: showHealth,
	pairing,
	beat: () => history.tick(),
};

await loadWords();
offerLanguages($("language"));
history = new History($("history"));
$("token").querySelector("form").addEventListener("submit", (event) => {
	event.preventDefault();
	keepToken($("token-field").value.trim());
	say($("token-wrong"), "");
	stream.restart();
});
$("forget").addEventListener("click", () => {
	forgetToken();
	location.reload();
});
stream = new Stream({
	event: (name, value, skew) => (Object.hasOwn(events, name) ? events[name](value, skew) : undefined),
	lost,
	refused,
});
show("connecting", t("link.first"), "");
setTimeout(() => version === null && $("token").hidden && lost(), FIRST);
stream.restart();

/** Nothing that is shown may be taken for current. */
function lost() {
	if (version === null && performance.now() < FIRST) return;
	if (lostAt === null) lostAt = new Date();
	show("lost", t("link.lost"), t("link.lost.since", { time: clock(lostAt) }));
	for (const gate of gates.values()) gate.lose();
	forgetHealth();
	title();
}

function refused(problem) {
	const again = hasToken();
	forgetToken();
	show("connecting", t("link.token"), "");
	$("token").hidden = false;
	$("rest").hidden = true;
	gates.clear();
	$("gates").replaceChildren();
	say($("token-wrong"), again ? t("token.wrong", { why: said(problem.message) }) : "");
	$("token-field").focus();
}

function pairing({ paired }) {
	// If this fails, the connection is lost, which is said elsewhere.
	Promise.all([showSetup(paired), showControllers()]).catch(() => {});
}

function layOut(names) {
	gates.clear();
	for (const name of names) gates.set(name, new GateCard(name));
	$("gates").replaceChildren(...[...gates.values()].map(({ root }) => root));
}

function show(state, chip, banner) {
	document.body.className = state;
	say($("connection"), chip);
	say($("lost"), banner);
	$("lost").hidden = banner === "";
}

function title() {
	const [first, ...others] = gates.values();
	document.title = first && others.length === 0 ? `${first.summary} · ${first.name}` : "Portcullis";
}
