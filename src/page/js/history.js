// The last movements, and who asked.

import { make } from "./dom.js";
import { clock, dayName, has, said, sentence, t } from "./words.js";

// Lines at most, and requests that moved nothing: however many there are, they push out nothing that moved the gate.
const SHOWN = 20;
const IN_VAIN = 5;
// Letters of a program's name.
const LONGEST = 24;

export class History {
	#lines = [];
	#day = "";

	constructor(root) {
		this.root = root;
	}

	set(lines) {
		const room = { moved: SHOWN, inVain: IN_VAIN };
		const kind = ({ event, pulse }) => (event === "request" && !pulse ? "inVain" : "moved");
		this.#lines = lines.reverse().filter((line) => room[kind(line)]-- > 0).reverse();
		this.#draw();
	}

	add(line) {
		if (!this.#lines.some(({ n }) => n === line.n)) this.set([...this.#lines, line]);
	}

	/** After midnight, today is yesterday. */
	tick() {
		if (this.#day !== new Date().toDateString()) this.#draw();
	}

	#draw() {
		this.#day = new Date().toDateString();
		const severalGates = new Set(this.#lines.map(({ gate }) => gate).filter(Boolean)).size > 1;
		const parts = [];
		let day = null;
		let list = null;
		for (const row of merge(this.#lines).reverse()) {
			const at = new Date(row.line.at);
			if (dayName(at) !== day) {
				day = dayName(at);
				list = make("ul");
				parts.push(make("h3", {}, day), list);
			}
			const { title, more } = words(row);
			const about = [severalGates && row.line.gate, more].filter(Boolean).join(" · ");
			list.append(
				make("li", {}, make("time", { datetime: row.line.at }, clock(at)), make("div", {}, title, about && make("small", {}, about))),
			);
		}
		this.root.replaceChildren(...(parts.length > 0 ? parts : [make("p", { class: "muted" }, t("history.none"))]));
	}
}

/** Rows of lines: where a gate came to stands with what set it off. */
function merge(lines) {
	const rows = [];
	for (const line of lines) {
		const row = line.event === "state" && rows.findLast(({ line: { gate } }) => gate === line.gate);
		const setOff = row && !row.after && (line.cause === "pulse" ? row.line.pulse : line.cause === row.line.cause && /ing$/.test(row.line.state.current));
		if (setOff) row.after = line.state;
		else rows.push({ line, after: null });
	}
	return rows;
}

function words({ line, after }) {
	switch (line.event) {
		case "request":
			return asked(line, after);
		case "state":
			return { title: stateWords(after ?? line.state), more: t(`mover.${line.cause}`) };
		case "note":
			return { title: sentence(line.text) };
		case "started":
			return { title: t("history.started", { version: line.version }) };
		case "lost":
			return { title: t("history.lost", { n: line.lines }) };
		default:
			return { title: line.event };
	}
}

function asked({ request, by, decision, reason }, after) {
	const who = person(by);
	const did = decision === "pulse" || decision === "goes-on" || decision === "set";
	const what = t(`press.${request === "toggle" ? "press" : request}`);
	const title = did ? t(`did.${request}`, { who }) : t("asked", { what, who });
	const fate = has(`decision.${decision}`) && t(`decision.${decision}`);
	const why = [fate, reason && said(reason)].filter(Boolean).join(": ");
	return { title, more: [why, after && stateWords(after)].filter(Boolean).join(" · ") };
}

function stateWords({ current, confidence }) {
	const word = t(`state.${current}`);
	return confidence === "assumed" ? t("history.assumed", { state: word }) : word;
}

function person(by) {
	switch (by.kind) {
		case "controller":
			return by.name ?? t("who.controller", { id: short(by.id) });
		case "hub":
			return t("who.hub", { hub: by.name ?? short(by.id) });
		case "local-api":
			return program(by.client);
		default:
			return has(`who.${by.kind}`) ? t(`who.${by.kind}`) : by.kind;
	}
}

/** Programs name their version and their parts as well, and browsers call themselves all the same. */
function program(client = "") {
	const [name] = client.split(/[/(]/);
	if (name !== "Mozilla") return name.trim().slice(0, LONGEST) || t("who.program");
	const device = /iPhone|iPad|Android|Macintosh|Windows|CrOS|Linux/.exec(client)?.[0];
	return device ? t("who.browser.on", { device: { Macintosh: "Mac", CrOS: "Chromebook" }[device] ?? device }) : t("who.browser");
}

export const short = (id) => (id.length > 9 ? `${id.slice(0, 8)}…` : id);
