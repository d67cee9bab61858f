// The picture of a gate, which moves as long as the gate does.
//
// Nobody knows where between its ends a gate is: the picture takes the travel that the daemon expects.

export const still = matchMedia("(prefers-reduced-motion: reduce)");
// The leaf is lifted by so much of its height: the points stay to be seen.
const LIFT = 82;
// How long an end that is reached early, or late, may take to show.
const SETTLE = 400;

export class Picture {
	#leaf;
	// Where the leaf is between closed (0) and open (1), where it goes, and when it will be there.
	#from = null;
	#to = 0;
	#starts = 0;
	#lasts = 0;

	constructor(svg) {
		this.svg = svg;
		this.#leaf = svg.querySelector(".leaf");
	}

	/** Shows `current`; a movement has gone on for `elapsed` of the `travel`, both in milliseconds. */
	show(current, travel, elapsed) {
		for (const way of ["opening", "closing"]) this.svg.classList.toggle(way, current === way);
		const here = this.#now();
		const to = { open: 1, opening: 1, closed: 0, closing: 0 }[current];
		if (/ing$/.test(current)) this.#travel(here, to, travel, elapsed);
		else if (to !== undefined) this.#go(to, here === null ? 0 : SETTLE);
		// Half-way, when it is not between the ends already.
		else this.#go(here % 1 ? here : 0.5, 0);
	}

	forget() {
		this.#go(this.#now() ?? 0, 0);
		this.#from = null;
		this.svg.classList.remove("opening", "closing");
	}

	#travel(here, to, travel, elapsed) {
		if (still.matches) return this.#go(0.5, 0);
		if (this.#to === to && this.#lasts > SETTLE && here !== null) return;
		const done = travel > 0 ? Math.min(elapsed / travel, 1) : 1;
		// Seen from the start on, it sets off from where the picture is; else from the other end, so long ago.
		const from = here ?? (to === 1 ? done : 1 - done);
		if (here === null) this.#go(from, 0);
		this.#go(to, Math.abs(to - from) * travel);
	}

	#now() {
		if (this.#from === null) return null;
		const part = this.#lasts > 0 ? Math.min((performance.now() - this.#starts) / this.#lasts, 1) : 1;
		return this.#from + (this.#to - this.#from) * part;
	}

	#go(to, lasts) {
		this.#from = lasts > 0 ? (this.#now() ?? to) : to;
		this.#to = to;
		this.#starts = performance.now();
		this.#lasts = lasts;
		this.#leaf.style.transitionDuration = `${lasts}ms`;
		this.#leaf.style.transform = `translateY(${-to * LIFT}%)`;
		// Without this the browser would take two positions set at once for one.
		this.#leaf.getBoundingClientRect();
	}
}
