// Who may open the gates: naming and removing them.

import { Problem, ask, read } from "./ask.js";
import { confirm, confirmBox } from "./confirm.js";
import { $, make, say } from "./dom.js";
import { short } from "./history.js";
import { said, t } from "./words.js";

// Counts the calls: an answer that comes after a later one was asked for is old.
let calls = 0;

export async function showControllers() {
	const call = (calls += 1);
	const controllers = await read("/api/v1/controllers", () => call === calls);
	if (controllers === null) return;
	const section = $("controllers");
	section.hidden = controllers.length === 0;
	const list = $("controller-list");
	const now = JSON.stringify(controllers);
	if (list.dataset.shown === now || list.querySelector("form, .confirm:not([hidden])")) return;
	list.dataset.shown = now;
	const within = list.contains(document.activeElement);
	const admins = controllers.filter(({ admin }) => admin).length;
	list.replaceChildren(...controllers.map((controller) => row(controller, controller.admin && admins === 1)));
	if (within && !section.hidden) $("controllers-title").focus();
}

function row(controller, isLastAdmin) {
	const { id, name, admin } = controller;
	const called = name ?? t("who.controller", { id: short(id) });
	const button = (what) => make("button", { "aria-label": `${t(what)}: ${called}` }, t(what));
	const rename = button("who.rename");
	const remove = button("who.remove");
	const box = confirmBox();
	const about = [name && short(id), admin && t("who.admin")].filter(Boolean).join(" · ");
	const item = make(
		"li",
		{},
		make("div", { class: "who" }, make("div", {}, make("b", {}, called), make("span", { class: "mend" }, about)), rename, remove),
		box,
	);
	rename.addEventListener("click", () => edit(item, rename, controller));
	remove.addEventListener("click", async () => {
		const last = isLastAdmin ? ".last" : "";
		const question = t(`who.sure${last}`, { name: called });
		const yes = await confirm(box, remove, { question, yes: t(`who.yes${last}`), danger: true });
		if (yes) change(id, { method: "DELETE" });
		else showControllers();
	});
	return item;
}

function edit(item, button, { id, name }) {
	if (item.querySelector("form")) return;
	const field = make("input", { id: `name-${id}`, maxlength: "64", autocomplete: "off", enterkeyhint: "done" });
	field.value = name ?? "";
	const form = make(
		"form",
		{},
		make("label", { for: field.id }, t("who.field")),
		field,
		make(
			"div",
			{ class: "choices" },
			make("button", { type: "button", onclick: () => close() }, t("confirm.no")),
			make("button", { class: "main" }, t("who.save")),
		),
	);
	const close = () => {
		form.remove();
		button.focus();
		showControllers();
	};
	form.addEventListener("keydown", (event) => event.key === "Escape" && close());
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		form.remove();
		change(id, { method: "PUT", body: { name: field.value.trim() || null } });
	});
	item.append(form);
	field.focus();
}

async function change(id, request) {
	say($("controllers-said"), "");
	try {
		await ask(`/api/v1/controllers/${encodeURIComponent(id)}`, request);
	} catch (error) {
		say($("controllers-said"), error instanceof Problem ? said(error.message) : t("answer.lost"));
	}
	delete $("controller-list").dataset.shown;
	await showControllers();
	$("controllers-title").focus();
}
