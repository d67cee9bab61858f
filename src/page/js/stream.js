// The event stream: kept, watched, and made anew.
//
// It is read with fetch: EventSource cannot carry a token. Every connection begins with a fresh snapshot, and only that
// makes the page live again: what was missed is never guessed.

import { headers, problem } from "./ask.js";
import { EventParser } from "./events.js";

// The daemon sends something at least every 15 s. After more than two of them are missing, nobody is there.
const SILENCE = 40_000;
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
	#asleep = false;
	#refused = null;

	/** `told` has event(name, value, skew), with the milliseconds that the daemon's clock is ahead, lost() and refused(problem). */
	constructor(told) {
		this.#told = told;
		document.addEventListener("visibilitychange", () => this.#seen());
		addEventListener("pageshow", (event) => event.persisted && this.restart());
		addEventListener("online", () => this.restart());
		// By the clock on the wall: a timer of forty seconds would begin anew in a computer that slept.
		setInterval(() => Date.now() - this.#heard > SILENCE && this.#connection?.abort(), 1000);
	}

	/** Connects anew at once. What is shown is old until the snapshot is there. */
	restart() {
		this.#tries = 0;
		this.#refused = null;
		this.#drop();
		this.#connect();
	}

	async #connect() {
		const connection = new AbortController();
		this.#connection = connection;
		this.#heard = Date.now();
		try {
			await this.#read(connection);
		} catch (error) {
			// Unless another connection has taken its place.
			if (this.#connection === connection && error.status === 401) this.#refused = error;
		}
		if (this.#connection !== connection) return;
		this.#drop();
		if (this.#refused) return this.#told.refused(this.#refused);
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
		const connection = this.#connection;
		this.#connection = null;
		connection?.abort();
		this.#told.lost();
	}

	#seen() {
		clearTimeout(this.#unseen);
		if (this.#refused) return;
		if (document.hidden) {
			this.#unseen = setTimeout(() => {
				this.#asleep = true;
				this.#drop();
			}, UNSEEN);
		} else if (this.#asleep || Date.now() - this.#heard > UNSEEN) {
			// Back from sleep: a phone's timers stood still, and its connection may be gone without a word.
			this.#asleep = false;
			this.restart();
		}
	}
}
