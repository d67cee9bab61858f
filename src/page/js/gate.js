// One gate: its picture, its state in words, and its button.

import { Problem, ask } from "./ask.js";
import { confirm, confirmBox } from "./confirm.js";
import { $, make, say } from "./dom.js";
import { Picture } from "./picture.js";
import { moment, sentence, t } from "./words.js";

const NOTICES = ["warning", "obstruction", "lockout", "hold_open", "left_open"];

export class GateCard {
	#state = null;
	#live = false;
	#why = "";
	#busy = false;
	#question = null;

	constructor(name) {
		this.name = name;
		this.root = $("gate-card").content.firstElementChild.cloneNode(true);
		const find = (selector) => this.root.querySelector(selector);
		const title = find("h2");
		title.id = `gate-${(count += 1)}`;
		title.textContent = name;
		this.root.setAttribute("aria-labelledby", title.id);
		this.word = find(".state strong");
		this.how = find(".state span");
		this.notices = find(".notices");
		this.refused = find(".refused");
		this.refused.id = `${title.id}-refused`;
		this.told = find(".said");
		this.picture = new Picture(find(".picture"));
		this.button = find(".press");
		this.button.setAttribute("aria-describedby", `${title.id} ${this.refused.id}`);
		this.button.addEventListener("click", () => this.#press());
		this.box = confirmBox();
		this.button.after(this.box);
	}

	/** The gate as it is now; the daemon's clock is `skew` milliseconds ahead of this one. */
	show(state, skew) {
		// A question about something else than what the button would do now is no question any more.
		if (this.#question && intent(state) !== this.#question.about) this.#question.abort();
		if (this.#state?.current !== state.current) this.#tell("");
		this.#state = state;
		this.#live = true;
		const since = state.since && new Date(state.since);
		say(this.word, t(`state.${state.current}`));
		say(this.how, how(state, since));
		this.picture.show(state.current, state.travel_ms, since ? Math.max(0, Date.now() + skew - since) : 0);
		this.#notice([
			state.fault && [sentence(state.fault), "bad"],
			...NOTICES.map((name) => state[name] && [t(`notice.${name}`)]),
			state.simulated && [t("notice.simulated"), "calm"],
		]);
		this.#draw();
	}

	/** The button says `why` the state is not known. */
	lose(why) {
		this.#question?.abort();
		this.#live = false;
		this.#why = why;
		const last = this.#state;
		say(this.word, t("state.unknown"));
		say(this.how, last ? t("state.last", { state: t(`state.${last.current}`).toLocaleLowerCase() }) : "");
		this.picture.forget();
		this.#notice([]);
		this.#draw();
	}

	get summary() {
		return this.#live ? t(`state.${this.#state.current}`) : t("state.unknown");
	}

	async #press() {
		const wanted = intent(this.#state);
		this.#tell("");
		// To stop is never wrong, and a question would cost the way that the gate runs on meanwhile.
		if (["open", "close", "press"].includes(wanted)) {
			this.#question = Object.assign(new AbortController(), { about: wanted });
			const blind = this.#state.confidence === "assumed" && wanted !== "open";
			const yes = await confirm(this.box, this.button, {
				question: t(`ask.${wanted}`, { gate: this.name }) + (blind ? ` ${t("ask.blind")}` : ""),
				yes: t(`yes.${wanted}`),
				signal: this.#question.signal,
			});
			this.#question = null;
			if (!yes) return;
		}
		await this.#send({ press: "toggle", "call-off": "stop" }[wanted] ?? wanted);
	}

	async #send(request) {
		this.#busy = true;
		this.#draw();
		try {
			const { answer } = await ask(`/api/v1/gates/${encodeURIComponent(this.name)}/${request}`, { method: "POST" });
			if (answer === "already") this.#tell(t("answer.already"), true);
		} catch (error) {
			this.#tell(error instanceof Problem ? sentence(error.message) : t("answer.lost"));
		}
		this.#busy = false;
		this.#draw();
	}

	#tell(text, calm = false) {
		this.told.classList.toggle("calm", calm);
		say(this.told, text);
	}

	#draw() {
		const wanted = this.#live ? intent(this.#state) : "lost";
		const can = this.#live && wanted !== null && !this.#busy;
		// A button that was pressed with the keyboard keeps its place there.
		this.kept ||= document.activeElement === this.button;
		this.button.disabled = !can;
		if (can && this.kept) {
			if (document.activeElement === document.body) this.button.focus();
			this.kept = false;
		}
		say(this.button, wanted === "lost" ? this.#why : t(`press.${this.#busy ? "busy" : (wanted ?? "none")}`));
		say(this.refused, wanted === null ? sentence(this.#state.press_refused) : "");
	}

	#notice(notices) {
		const shown = notices.filter(Boolean);
		const words = JSON.stringify(shown);
		if (this.notices.dataset.words === words) return;
		this.notices.dataset.words = words;
		this.notices.replaceChildren(...shown.map(([text, kind = ""]) => make("li", { class: `notice ${kind}` }, text)));
	}
}

let count = 0;

/** What the button does now: the daemon's word, but an announced closing is called off. */
const intent = (state) => (state.warning ? "call-off" : state.press);

function how(state, since) {
	if (/ing$/.test(state.current)) return t("how.moving", { n: Math.round(state.travel_ms / 1000) });
	return t(`how.${state.confidence}${since ? ".since" : ""}`, { time: since && moment(since) });
}
