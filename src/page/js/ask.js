// Requests to the local API, with the token where one is needed.

const KEPT = "portcullis-token";
// A request that takes longer is given up: nobody stands before a gate for so long without trying again.
const PATIENCE = 15_000;

// What cannot be read is asked for again after this.
const AGAIN = 2000;

export class Problem extends Error {
	constructor(status, detail) {
		super(detail);
		this.status = status;
	}
}

export const hasToken = () => localStorage.getItem(KEPT) !== null;
export const keepToken = (token) => localStorage.setItem(KEPT, token);
export const forgetToken = () => localStorage.removeItem(KEPT);

export function headers() {
	const token = localStorage.getItem(KEPT);
	return token === null ? {} : { Authorization: `Bearer ${token}` };
}

/** The parsed answer; a text for what is not JSON, null for an empty one. Throws a Problem, or what fetch throws. */
export async function ask(path, { method = "GET", body } = {}) {
	const content = body === undefined ? {} : { "Content-Type": "application/json" };
	const answer = await fetch(path, {
		method,
		headers: { ...headers(), ...content },
		body: body === undefined ? undefined : JSON.stringify(body),
		cache: "no-store",
		signal: AbortSignal.timeout(PATIENCE),
	});
	if (!answer.ok) throw await problem(answer);
	if (answer.status === 204) return null;
	return /json/.test(answer.headers.get("Content-Type") ?? "") ? answer.json() : answer.text();
}

/** The same for what is only read: asked for until it comes. Null when it `isWanted` no more, or the token is. */
export async function read(path, isWanted) {
	while (isWanted()) {
		try {
			const answer = await ask(path);
			return isWanted() ? answer : null;
		} catch (error) {
			if (error.status === 401) return null;
		}
		await new Promise((resolve) => setTimeout(resolve, AGAIN));
	}
	return null;
}

export async function problem(answer) {
	try {
		const { detail } = await answer.json();
		return new Problem(answer.status, String(detail));
	} catch {
		return new Problem(answer.status, `${answer.status} ${answer.statusText}`);
	}
}
