// The page: one event stream, and what it says in the places where it belongs.

import { forgetToken, hasToken, keepToken } from "/js/ask.js";
import { showControllers } from "/js/controllers.js";
import { $, say } from "/js/dom.js";
import { GateCard } from "/js/gate.js";
import { forgetHealth, showHealth } from "/js/health.js";
import { History } from "/js/history.js";
import { showSetup } from "/js/setup.js";
import { Stream } from "/js/stream.js";
import { loadWords, moment, offerLanguages, said, t } from "/js/words.js";

// A connection that takes longer to make is worth a word.
const SOON = 3000;

const gates = new Map();
const history = new History($("history"));
let version = null;
// Since when nothing is known; null while all is live.
let lostAt = null;
let alarm = null;

const events = {
	snapshot(snapshot, skew) {
		// After an update, the page that came with the old program must not go on.
		if (version !== null && version !== snapshot.version) return location.reload();
		version = snapshot.version;
		say($("version"), `Portcullis ${version}`);
		lostAt = null;
		clearTimeout(alarm);
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
const stream = new Stream({
	event: (name, ...values) => Object.hasOwn(events, name) && events[name](...values),
	doubt,
	lost,
	refused,
});
stream.restart();

/** A new connection mostly comes at once: until then nothing is current, but that is no alarm yet. */
function doubt() {
	forget("connecting", "link.first");
	clearTimeout(alarm);
	alarm = setTimeout(lost, SOON);
}

function lost(problem) {
	clearTimeout(alarm);
	const how = problem ? "link.full" : "link.lost";
	const why = problem ? `: ${said(problem.message)}` : "";
	forget("lost", how, t("link.since", { how: t(how), time: moment(lostAt ?? new Date()), why }));
}

/** Nothing that is shown may be taken for current. */
function forget(state, chip, banner = "") {
	lostAt ??= new Date();
	show(state, t(chip), banner);
	for (const gate of gates.values()) gate.lose(t(chip));
	forgetHealth();
	title();
}

function refused(problem) {
	clearTimeout(alarm);
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
	showSetup(paired);
	showControllers();
}

function layOut(names) {
	gates.clear();
	for (const name of names) gates.set(name, new GateCard(name));
	$("gates").replaceChildren(...[...gates.values()].map(({ root }) => root));
}

function show(state, chip, banner) {
	document.body.className = state;
	say($("connection"), chip);
	// It is emptied and never hidden: what speaks the page hears only of what it already knows.
	say($("lost"), banner);
}

function title() {
	const [first, ...others] = gates.values();
	document.title = first && others.length === 0 ? `${first.summary} · ${first.name}` : "Portcullis";
}
