// Everything that people read. A language is a file in strings/ and a line here; docs/page.md says more.

const LANGUAGES = { en: "English", de: "Deutsch" };
const KEPT = "portcullis-language";

let strings = {};
let sentences = [];
export let language = "en";

/** Loads the words of the language that was chosen here, or else of the first that the browser likes and we have. */
export async function loadWords() {
	const liked = [localStorage.getItem(KEPT), ...navigator.languages.map((tag) => tag.split("-")[0])];
	language = liked.find((tag) => Object.hasOwn(LANGUAGES, tag)) ?? "en";
	const answer = await fetch(`/strings/${language}.json`);
	strings = await answer.json();
	sentences = Object.entries(strings.said).map(pattern);
	document.documentElement.lang = language;
	for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
}

/** The words for `key`, with the values in their places: `t("ask.open", { gate: "Drive" })`. */
export const t = (key, values = {}) => fill(strings[key] ?? key, values);

export const has = (key) => Object.hasOwn(strings, key);

/** What the daemon says, which is English, in the reader's language as far as the sentence is known. */
export function said(text) {
	for (const { form, names, words } of sentences) {
		const found = form.exec(text);
		if (found) return fill(words, Object.fromEntries(names.map((name, at) => [name, said(found[at + 1])])));
	}
	return text;
}

export function sentence(text) {
	const words = said(text);
	return words.charAt(0).toLocaleUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");
}

export function offerLanguages(select) {
	for (const [tag, name] of Object.entries(LANGUAGES)) {
		const option = new Option(name, tag, tag === language, tag === language);
		option.lang = tag;
		select.append(option);
	}
	select.addEventListener("change", () => {
		localStorage.setItem(KEPT, select.value);
		location.reload();
	});
}

export const clock = (date) => format({ hour: "2-digit", minute: "2-digit" }, date);

export const moment = (date) =>
	daysAgo(date) === 0 ? clock(date) : format({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }, date);

export function dayName(date) {
	const ago = daysAgo(date);
	if (ago !== 0 && ago !== 1) return format({ weekday: "long", day: "numeric", month: "long" }, date);
	return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(-ago, "day");
}

const format = (options, date) => new Intl.DateTimeFormat(locale(), options).format(date);

const locale = () => navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;

const daysAgo = (date) => Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86_400_000);

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);

/** What finds a sentence of the daemon, whatever stands in its places, of which {n} is a number, and for a … */
function pattern([text, words]) {
	const names = [];
	const source = text
		.replace(/[.?()]/g, "\\$&")
		.replace("…", "[^]*")
		.replace(/\{(\w+)\}/g, (_, name) => (names.push(name), name === "n" ? "(\\d+)" : "([^]+?)"));
	return { words, names, form: new RegExp(`^${source}$`) };
}
