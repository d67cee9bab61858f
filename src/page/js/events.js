// The wire form of server-sent events, without a connection: text in, events out.

// Characters of an unfinished event at most: a large snapshot has some twenty thousand.
const LONGEST = 1_000_000;

export class EventParser {
	#rest = "";
	#name = "";
	#data = [];

	/** The events that this piece completes: `{ name, data }`. */
	push(piece) {
		this.#rest += piece;
		if (this.#rest.length > LONGEST) throw new Error("an event that does not end");
		const lines = this.#rest.split(/\r?\n/);
		this.#rest = lines.pop();
		return lines.map((line) => this.#line(line)).filter((event) => event !== null);
	}

	#line(line) {
		if (line === "") {
			const event = this.#data.length > 0 ? { name: this.#name || "message", data: this.#data.join("\n") } : null;
			this.#name = "";
			this.#data = [];
			return event;
		}
		const colon = line.indexOf(":");
		const field = colon < 0 ? line : line.slice(0, colon);
		const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
		if (field === "event") this.#name = value;
		if (field === "data") this.#data.push(value);
		return null;
	}
}
