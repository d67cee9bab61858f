// The event stream: kept, watched, and made anew.
//
// It is read with fetch: EventSource cannot carry a token. Every connection begins with a fresh snapshot, and only that
// makes the page live again: what was missed is never guessed.

import { Problem, headers, problem } from "./ask.js";
import { EventParser } from "./events.js";

// The daemon sends something every 5 s. After two of them are missing, nobody is there.
const SILENCE = 12_000;
// Soon at first, and never so long that somebody would reload the page.
const PAUSES = [300, 1000, 2000, 4000];
// A tab that nobody sees gives its place in the daemon, and one of the browser's six connections, to one that is seen.
const UNSEEN = 30_000;

export class Stream {
	#told;
	#tries = 0;
	#connection = null;
	#pause = null;
	#unseen = null;
	#heard = 0;
	#refused = false;

	/**
	 * `told` has event(name, value, skew), with the milliseconds that the daemon's clock is ahead; doubt() when it is made anew,
	 * lost(problem) when it broke or, for a while, was refused, and refused(problem) without the token.
	 */
	constructor(told) {
		this.#told = told;
		const again = () => this.#refused || this.restart();
		const rest = () => this.#refused || this.#rest();
		// In a tab that was not seen, timers stood still, and the connection may be gone without a word.
		document.addEventListener("visibilitychange", () => {
			clearTimeout(this.#unseen);
			if (document.hidden) this.#unseen = setTimeout(rest, UNSEEN);
			else again();
		});
		addEventListener("pagehide", rest);
		addEventListener("pageshow", (event) => event.persisted && again());
		// Without a network, the daemon may still be in this very computer.
		for (const change of ["online", "offline"]) addEventListener(change, again);
		// By the clock on the wall, which may be set: a timer would begin anew in a computer that slept.
		setInterval(() => Math.abs(Date.now() - this.#heard) > SILENCE && this.#connection?.abort(), 1000);
	}

	/** Connects anew at once. What is shown is old until the snapshot is there. */
	restart() {
		this.#tries = 0;
		this.#refused = false;
		this.#rest();
		this.#connect();
	}

	async #connect() {
		const connection = new AbortController();
		this.#connection = connection;
		this.#heard = Date.now();
		let failure;
		try {
			await this.#read(connection);
		} catch (error) {
			failure = error;
		}
		// Unless another connection has taken its place.
		if (this.#connection !== connection) return;
		this.#drop();
		this.#refused = failure?.status === 401;
		if (this.#refused) return this.#told.refused(failure);
		this.#told.lost(failure instanceof Problem ? failure : null);
		const pause = PAUSES[Math.min(this.#tries++, PAUSES.length - 1)];
		// Not all pages of the house at the same moment after a restart.
		this.#pause = setTimeout(() => this.#connect(), pause * (0.75 + Math.random() / 2));
	}

	async #read(connection) {
		const answer = await fetch("/api/v1/events", { headers: headers(), cache: "no-store", signal: connection.signal });
		if (!answer.ok) throw await problem(answer);
		// The daemon's clock and this one's may differ by much.
		const date = Date.parse(answer.headers.get("Date") ?? "");
		const skew = Number.isNaN(date) ? 0 : date - Date.now();
		const parser = new EventParser();
		const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
		for (;;) {
			const { done, value } = await reader.read();
			if (done || connection.signal.aborted) return;
			this.#heard = Date.now();
			for (const { name, data } of parser.push(value)) {
				if (name === "snapshot") this.#tries = 0;
				this.#told.event(name, JSON.parse(data), skew);
			}
		}
	}

	#drop() {
		clearTimeout(this.#pause);
		this.#connection?.abort();
		this.#connection = null;
	}

	#rest() {
		this.#drop();
		this.#told.doubt();
	}
}
