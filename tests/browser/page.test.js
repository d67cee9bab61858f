// The page as people use it. Each test opens it anew; they share one browser and a few daemons.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";

import { launch } from "./browser.js";
import { Daemon, ENDS, gate } from "./daemon.js";
import { Phone } from "./phone.js";
import { otherOrigin, rebinding } from "./stranger.js";

const TOKEN = "a-token-that-nobody-tries-out";
const EVIL = "evil.example";
const EVIL_HOST = "127.254.66.6";
// Longer than anything takes on a machine that does ten other things.
const PATIENCE = 20_000;
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let browser;
let daemon;
let contexts = [];

before(async () => {
  daemon = await Daemon.start(gate("Gate", 'travel = "2s"', ENDS));
  // So that the daemon is at localhost, too, on whatever port is free.
  browser = await launch(`--host-resolver-rules=MAP ${EVIL} ${EVIL_HOST}, MAP localhost ${daemon.host}`);
});

after(async () => {
  await browser?.close();
  await daemon?.stop();
});

afterEach(async () => {
  // A test that failed in between must not fail the next ones.
  if (daemon.child.exitCode !== null || daemon.child.signalCode !== null) await daemon.run();
  for (const context of contexts.splice(0)) {
    const complaints = context.complaints;
    await context.close();
    assert.deepEqual(complaints, [], "the browser's console");
  }
});

/** The page of a daemon in a phone of its own. What its console says fails the test, unless it is about a lost daemon. */
async function open({ of = daemon, live = true, clock = false, at, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: "en-GB", timezoneId: "Europe/Berlin", ...options });
  contexts.push(context);
  context.complaints = [];
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const expected = /net::ERR_|status of (4(0[139]|29)|503)|username fields/;
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !expected.test(message.text())) context.complaints.push(message.text());
  });
  page.on("pageerror", (error) => context.complaints.push(String(error)));
  if (clock || at) await page.clock.install({ time: at });
  await page.goto(of.origin);
  if (live) await until(page, "live");
  return page;
}

const until = (page, state) => page.locator(`body.${state}`).waitFor();
const word = (page) => page.locator(".state strong");
const press = (page) => page.locator("button.press");
const question = (page) => page.locator(".act .confirm");
const settled = (page, text) => word(page).filter({ hasText: new RegExp(`^${text}$`) }).waitFor();

/** Lets the gate come to rest, closed. */
async function close(of = daemon) {
  const resting = async () => (await of.ask("/api/v1/gates/Gate")).current;
  const moving = (state) => /ing$/.test(state);
  for (let tries = 0; tries < 100; tries += 1) {
    const state = await resting();
    if (state === "closed") return;
    // Refused while the last press is under way, or before the switch has settled: asked again.
    if (!moving(state)) await of.ask("/api/v1/gates/Gate/close", "POST").catch(() => {});
    await new Promise((again) => setTimeout(again, 200));
  }
  throw new Error(`the gate does not close: ${JSON.stringify(await of.ask("/api/v1/gates/Gate"))}`);
}

/** How far the picture's leaf is lifted, in its own units. */
const lifted = (page) => page.locator(".leaf").evaluate((leaf) => -new DOMMatrix(getComputedStyle(leaf).transform).m42);

/** Answers the question in `box` with yes; what comes too soon after the first tap is no answer. */
async function agree(box) {
  const yes = box.locator(".yes");
  while (await yes.isVisible()) await yes.click({ timeout: 4000 }).catch(() => {});
}

async function sideways(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Goes to an element with the Tab key alone. */
async function tabTo(page, locator) {
  for (let steps = 0; steps < 40; steps += 1) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${locator}`);
}

/** Answers the question in `box` with yes, by the keyboard; it has put the focus there itself. */
async function agreeByKey(page, box) {
  assert.equal(await box.locator(".yes").evaluate((yes) => yes === document.activeElement), true, "the answer has the focus");
  while (await box.isVisible()) await page.keyboard.press("Enter");
}

/** What the page shows each time it says something new of its connection. */
const sayings = (page) =>
  page.evaluateHandle(() => {
    const said = [];
    new MutationObserver(() => {
      const { textContent } = document.querySelector(".state strong");
      said.push([document.body.className, textContent, document.querySelector(".press").disabled]);
    }).observe(document.body, { attributeFilter: ["class"] });
    return said;
  });

async function nothingSerious(page, where) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(await readFile(axe, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), [], where);
}


describe("a gate that nobody has paired", () => {
  test("is shown with its state in words, the QR code, the setup code and the steps", async () => {
    await close();
    const page = await open();
    assert.equal(await word(page).textContent(), "Closed");
    assert.match(await page.locator(".state span").textContent(), /^by its switch/);
    assert.match(await page.title(), /^Closed · Gate$/);
    await page.locator("#setup").waitFor();
    assert.equal(await page.locator("#setup-code").textContent(), daemon.code);
    assert.ok(await page.locator("#qr").evaluate(async (image) => (await image.decode(), image.naturalWidth > 20)));
    assert.equal(await page.locator("#setup li").count(), 3);
    assert.equal(await page.locator("#controllers").isVisible(), false);
    assert.match(await page.locator("#health-line").textContent(), /\w/);
  });
});

describe("the button", () => {
  test("asks once, and Escape, Cancel, a double tap and time do nothing", async () => {
    await close();
    const before = await daemon.edges();
    const page = await open({ clock: true });
    assert.equal((await press(page).textContent()).trim(), "Open");
    for (const refuse of [
      () => page.keyboard.press("Escape"),
      () => question(page).locator(".no").click(),
      () => page.clock.fastForward(11_000),
    ]) {
      await press(page).click();
      assert.match(await question(page).textContent(), /Open “Gate”\?/);
      await refuse();
      await question(page).waitFor({ state: "hidden" });
      // Also when the clock went on so far that the connection was made anew.
      await page.waitForFunction(() => document.activeElement.matches(".press:enabled"));
    }
    await press(page).evaluate((button) => {
      button.click();
      document.querySelector(".act .yes").click();
    });
    assert.equal(await question(page).isVisible(), true, "a double tap is no answer");
    await page.keyboard.press("Escape");
    assert.deepEqual(await daemon.edges(), before);
  });

  test("opens the gate, whose picture, words and history go along", async () => {
    await close();
    const before = await daemon.edges();
    const page = await open();
    const shut = await lifted(page);
    await press(page).click();
    await page.waitForFunction(() => document.activeElement.matches(".yes"));
    await agree(question(page));
    await settled(page, "Opening");
    assert.equal((await press(page).textContent()).trim(), "Stop");
    const onTheWay = await page.waitForFunction((shut) => {
      const now = -new DOMMatrix(getComputedStyle(document.querySelector(".leaf")).transform).m42;
      return now > shut + 20 ? now : null;
    }, shut);
    await settled(page, "Open");
    await page.waitForFunction(
      (earlier) => -new DOMMatrix(getComputedStyle(document.querySelector(".leaf")).transform).m42 > earlier + 20,
      await onTheWay.jsonValue(),
    );
    assert.match(await page.locator(".state span").textContent(), /^by its switch, since \d\d:\d\d$/);
    const newest = page.locator("#history li").first();
    await newest.filter({ hasText: /Opened by a browser/ }).waitFor();
    await newest.filter({ hasText: /Open$/ }).waitFor();
    assert.equal((await daemon.edges()).length, before.length + 2);
  });

  test("stops the gate without a question", async () => {
    await close();
    const page = await open();
    await daemon.ask("/api/v1/gates/Gate/open", "POST");
    // It is refused, in words, for as long as the press that opened it is under way.
    await page.waitForFunction(
      () => {
        const button = document.querySelector(".press");
        if (button.textContent === "Stop" && !button.disabled) button.click();
        return document.querySelector(".state strong").textContent === "Stopped half-way";
      },
      null,
      { polling: 150 },
    );
    assert.equal(await question(page).isVisible(), false);
  });
});

describe("what others do to the gate", () => {
  test("is seen at once, with where it came from", async () => {
    await close();
    const page = await open();
    await daemon.happens("remote");
    await settled(page, "Opening");
    await page.locator("#history li").first().filter({ hasText: /from outside/ }).waitFor();
    await settled(page, "Open");
  });

  test("is said in words when something is in the way, and the button says why it refuses", async () => {
    await daemon.ask("/api/v1/gates/Gate/open", "POST").catch(() => {});
    const page = await open();
    await settled(page, "Open");
    await daemon.happens("obstruct");
    await page.locator(".notices").filter({ hasText: "Something is in the way." }).waitFor();
    await page.locator(".refused").filter({ hasText: /photo cell/ }).waitFor();
    assert.equal(await press(page).isDisabled(), true);
    await daemon.happens("free");
    await press(page).filter({ hasText: "Close" }).waitFor();
    assert.equal(await press(page).isDisabled(), false);
  });
});

describe("the history", () => {
  const newest = (page) => page.locator("#history li").first();

  test("calls a program by its name alone", async () => {
    await close();
    const page = await open();
    for (const [agent, name] of [
      ["HomeAssistant/2025.3.1 aiohttp/3.11.13 Python/3.13", "HomeAssistant"],
      ["the-gate-opener-of-somebody-who-likes-long-names/1", "the-gate-opener-of-someb"],
      ["Shortcuts(iPhone; iOS 18)", "Shortcuts"],
      ["/", "a program"],
    ]) {
      const answer = await fetch(`${daemon.origin}/api/v1/gates/Gate/close`, { method: "POST", headers: { "User-Agent": agent } });
      assert.equal(answer.status, 200);
      await newest(page).filter({ hasText: new RegExp(`^\\d\\d:\\d\\dClose, asked by ${name}nothing to do`) }).waitFor();
    }
  });

  test("keeps who moved the gate, however often it is asked for in vain", async () => {
    await daemon.ask("/api/v1/gates/Gate/open", "POST").catch(() => {});
    const page = await open();
    await settled(page, "Open");
    const line = (hasText) => page.locator("#history li", { hasText });
    const kept = async () => {
      await line("Open, asked by node").nth(4).waitFor();
      assert.equal(await line("Open, asked by node").count(), 5);
      assert.ok((await line("Opened by node").count()) > 0, await page.locator("#history").innerText());
    };
    for (let asked = 0; asked < 25; asked += 1) await daemon.ask("/api/v1/gates/Gate/open", "POST");
    await kept();
    await page.reload();
    await until(page, "live");
    await kept();
  });

  test("has the times of where the browser is, with the day when it is another one", async () => {
    // The daemon knows since when only of what it saw begin.
    await daemon.ask("/api/v1/gates/Gate/open", "POST").catch(() => {});
    await close();
    const timezoneId = "Asia/Kathmandu";
    const page = await open({ timezoneId, at: Date.now() + 3 * 86_400_000 });
    const time = newest(page).locator("time");
    const at = new Date(await time.getAttribute("datetime"));
    const there = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: timezoneId, ...options }).format(at);
    assert.equal(await time.textContent(), there({ hour: "2-digit", minute: "2-digit" }));
    assert.equal(await page.locator("#history h3").first().textContent(), there({ weekday: "long", day: "numeric", month: "long" }));
    assert.match(await page.locator(".state span").textContent(), /^by its switch, since [A-Z][a-z]{2},? \d+ [A-Z][a-z]+,? (at )?\d\d:\d\d$/);
  });
});

describe("the connection", () => {
  test("is said to be lost when the daemon dies, and nothing old is shown as current; then it recovers", async () => {
    await close();
    const page = await open();
    const heard = await page.locator("#lost").evaluate((region) => {
      const { display, visibility } = getComputedStyle(region);
      return { display, visibility, height: region.offsetHeight, role: region.role };
    });
    assert.deepEqual(heard, { display: "block", visibility: "visible", height: 0, role: "status" }, "it is there before it speaks");
    await daemon.kill();
    await until(page, "lost");
    assert.match(await page.locator("#lost").textContent(), /^No connection since \d\d:\d\d\. Nothing here is current/);
    assert.equal(await word(page).textContent(), "Not known");
    assert.equal(await press(page).isDisabled(), true);
    assert.match(await page.title(), /^Not known/);
    assert.match(await page.locator(".picture").evaluate((svg) => getComputedStyle(svg).filter), /grayscale\(1\)/);
    await nothingSerious(page, "lost");
    await daemon.run();
    await until(page, "live");
    await settled(page, "Closed");
    assert.equal(await press(page).isDisabled(), false);
    assert.equal(await page.locator("#lost").textContent(), "");
  });

  test("that the daemon refuses is not said to be lost, and is made when there is room", async () => {
    const over = new AbortController();
    const streams = [];
    try {
      do streams.push(await fetch(`${daemon.origin}/api/v1/events`, { signal: over.signal }));
      while (streams.at(-1).ok);
      const page = await open({ live: false });
      const words = /^Not let in since \d\d:\d\d: there are 32 streams already: close one\. Nothing here is current/;
      await page.locator("#lost").filter({ hasText: words }).waitFor();
      assert.equal(await page.locator("#connection").textContent(), "Not let in");
      await page.getByRole("combobox").selectOption("de");
      await page.locator("#lost").filter({ hasText: /^Abgewiesen seit \d\d:\d\d: 32 Seiten hören schon zu: eine schließen\./ }).waitFor();
      over.abort();
      await until(page, "live");
    } finally {
      over.abort();
    }
  });

  test("that is only silent is given up after twelve seconds", async () => {
    const page = await open({ clock: true });
    daemon.child.kill("SIGSTOP");
    try {
      await page.clock.fastForward(6_000);
      assert.equal(await page.locator("body.live").count(), 1);
      await page.clock.fastForward(7_000);
      await until(page, "lost");
      assert.equal(await press(page).isDisabled(), true);
    } finally {
      daemon.child.kill("SIGCONT");
    }
    await page.clock.fastForward(10_000);
    await until(page, "live");
  });

  test("is heard of often enough while nothing happens", async () => {
    const over = new AbortController();
    const answer = await fetch(`${daemon.origin}/api/v1/events`, { signal: over.signal });
    let text = "";
    const beats = [];
    for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
      text += piece;
      while (beats.length < text.split("event: beat").length - 1) beats.push(performance.now());
      if (beats.length === 3) break;
    }
    over.abort();
    // On a busy machine they come late, and yet before the page gives up.
    assert.ok(beats[2] - beats[1] < 12_000, String(beats));
  });

  for (const [what, happens] of [
    ["the network goes", () => dispatchEvent(new Event("offline"))],
    ["the network comes", () => dispatchEvent(new Event("online"))],
    [
      "the tab was not seen, however shortly",
      () => {
        for (const value of [true, false]) {
          Object.defineProperty(document, "hidden", { value, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }
      },
    ],
    [
      "somebody comes back to the page",
      () => {
        for (const kind of ["pagehide", "pageshow"]) dispatchEvent(new PageTransitionEvent(kind, { persisted: true }));
      },
    ],
  ]) {
    test(`is not trusted when ${what}, and made anew at once`, async () => {
      await close();
      const page = await open();
      const said = await sayings(page);
      await page.evaluate(happens);
      await page.waitForFunction((said) => said.at(-1)?.[0] === "live", said);
      await settled(page, "Closed");
      const states = await said.jsonValue();
      assert.deepEqual(states[0], ["connecting", "Not known", true], "nothing old, from the same moment on");
      assert.ok(states.every(([state]) => state !== "lost"), `no alarm: ${states}`);

      // The same when nobody answers: soon that is said.
      daemon.child.kill("SIGSTOP");
      try {
        await page.evaluate(happens);
        assert.equal(await word(page).textContent(), "Not known");
        await until(page, "lost");
        assert.match(await page.locator("#lost").textContent(), /Nothing here is current/);
      } finally {
        daemon.child.kill("SIGCONT");
      }
      await until(page, "live");
    });
  }

  test("is let go by a page that nobody sees, and made anew when it is seen again", async () => {
    const page = await open({ clock: true });
    const see = (hidden) =>
      page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    const streams = async () => /^portcullis_event_streams (\d+)$/m.exec(await (await fetch(`${daemon.origin}/metrics`)).text())[1];
    assert.equal(await streams(), "1");
    await see(true);
    assert.equal(await page.locator("body.live").count(), 1);
    await page.clock.fastForward(31_000);
    await until(page, "lost");
    await page.clock.fastForward(10_000);
    assert.equal(await streams(), "0", "it rests");
    await daemon.happens("remote");
    await see(false);
    await until(page, "live");
    await settled(page, "Open(ing)?");
    await close();
  });

  test("question that stands when it is lost is withdrawn", async () => {
    await close();
    const page = await open();
    await press(page).click();
    await question(page).waitFor();
    await daemon.kill();
    await until(page, "lost");
    assert.equal(await question(page).isVisible(), false);
    await daemon.run();
    await until(page, "live");
  });
});

describe("controllers", () => {
  let phone;
  before(() => (phone = new Phone()));
  after(() => phone.stop());

  test("appear when they pair, are named, and removed; without the last, the gate is unpaired", async () => {
    const page = await open();
    await page.locator("#setup").waitFor();
    const { id } = await phone.do("pair", { alias: "phone", code: daemon.code, ...daemon.homekit });
    await page.locator("#setup").waitFor({ state: "hidden" });
    assert.equal(await page.locator("#setup-code").textContent(), "", "the code is gone");
    const { id: guest } = await phone.do("invite", { alias: "phone", guest: "guest" });
    const rows = page.locator("#controller-list > li");
    const row = (name) => rows.filter({ hasText: name });
    await row(guest.slice(0, 8)).waitFor();
    assert.equal(await rows.count(), 2);

    await row(id.slice(0, 8)).getByRole("button", { name: /^Name: / }).click();
    await page.getByLabel("New name; empty for none").fill("Mum's <b>phone</b>");
    await page.keyboard.press("Enter");
    await row("Mum's <b>phone</b>").waitFor();
    const named = await daemon.ask("/api/v1/controllers");
    assert.deepEqual(named.map(({ name }) => name ?? null).sort(), ["Mum's <b>phone</b>", null]);
    await daemon.ask(`/api/v1/controllers/${id}`, "PUT", { name: "Mum’s phone" });

    const again = await open();
    const remove = (name) => again.locator("#controller-list > li").filter({ hasText: name }).getByRole("button", { name: /^Remove: / });
    const sure = again.locator("#controller-list .confirm:visible");
    await again.locator("#controllers").waitFor();
    await nothingSerious(again, "paired");
    await remove(guest.slice(0, 8)).click();
    assert.match(await sure.textContent(), /It can open nothing until it is invited again/);
    await agree(sure);
    await again.locator("#controller-list > li").filter({ hasText: guest.slice(0, 8) }).waitFor({ state: "detached" });
    await page.locator("#controller-list > li").nth(1).waitFor({ state: "detached" });

    await remove("Mum").click();
    assert.match(await sure.textContent(), /Removing it unpairs the gate/);
    await sure.locator(".no").click();
    assert.equal((await daemon.ask("/api/v1/controllers")).length, 1);
    await remove("Mum").click();
    await agree(sure);
    await again.locator("#setup").waitFor();
    await page.locator("#setup").waitFor();
    assert.equal((await daemon.ask("/api/v1/status")).paired, false);
  });

  test("are asked for again when the daemon had no time to answer", async () => {
    const page = await open();
    await page.locator("#setup").waitFor();
    let refusals = 0;
    for (const path of ["controllers", "setup"])
      await page.route(`**/api/v1/${path}`, (route) => {
        refusals += 1;
        return refusals % 2 ? route.fulfill({ status: 429 }) : route.abort();
      }, { times: 2 });
    const { id } = await phone.do("pair", { alias: "again", code: daemon.code, ...daemon.homekit });
    await page.locator("#controller-list > li").filter({ hasText: id.slice(0, 8) }).waitFor();
    assert.equal(refusals, 2);
    await daemon.ask(`/api/v1/controllers/${id}`, "DELETE");
    await page.locator("#setup").waitFor();
    assert.equal(refusals, 4);
    assert.equal(await page.locator("#setup-code").textContent(), daemon.code);
  });

  test("are named and removed without a pointer", async () => {
    const { id } = await phone.do("pair", { alias: "keys", code: daemon.code, ...daemon.homekit });
    const page = await open();
    const list = page.locator("#controller-list");
    const button = (name) => list.getByRole("button", { name });
    await button(/^Name: /).waitFor();
    const title = page.locator("#controllers-title");
    const hasFocus = async (locator) => assert.equal(await locator.evaluate((element) => element === document.activeElement), true, String(locator));

    await tabTo(page, button(/^Name: /));
    await page.keyboard.press("Enter");
    await hasFocus(list.getByRole("textbox"));
    await page.keyboard.type("Not this");
    await page.keyboard.press("Escape");
    await hasFocus(button(/^Name: /));
    await page.keyboard.press("Space");
    await page.keyboard.type("Kitchen");
    await tabTo(page, list.getByRole("button", { name: "Save" }));
    await page.keyboard.press("Space");
    await button("Remove: Kitchen").waitFor();
    await page.waitForFunction(() => document.activeElement.id === "controllers-title");
    assert.deepEqual(await daemon.ask("/api/v1/controllers"), [{ id, name: "Kitchen", admin: true }]);

    const sure = list.locator(".confirm:visible");
    await tabTo(page, button("Remove: Kitchen"));
    await page.keyboard.press("Enter");
    await sure.waitFor();
    await page.keyboard.press("Shift+Tab");
    await hasFocus(sure.locator(".no"));
    await page.keyboard.press("Enter");
    await hasFocus(button("Remove: Kitchen"));
    assert.equal((await daemon.ask("/api/v1/controllers")).length, 1);
    await page.keyboard.press("Enter");
    await sure.waitFor();
    await agreeByKey(page, sure);
    await page.locator("#setup").waitFor();
    assert.equal(await title.isVisible(), false);
    assert.equal((await daemon.ask("/api/v1/status")).paired, false);
  });
});

describe("a gate that warns, fails or is held", () => {
  let other;
  let phone;
  before(async () => {
    const keys = 'travel = "2s"\nremote_close_warning = "3s"\nextras = ["hold-open", "lockout"]';
    other = await Daemon.start(gate("Gate", keys, `${ENDS}[gate.warning]\ndriver = "simulated"\n`));
    phone = new Phone();
  });
  after(async () => {
    phone.stop();
    await other.stop();
  });

  const notices = (page) => page.locator(".notices");
  const does = (page, text) => press(page).and(page.locator(":enabled")).filter({ hasText: text }).waitFor();

  test("says that it will close, and that is called off without a question, or comes", async () => {
    await other.ask("/api/v1/gates/Gate/open", "POST");
    const page = await open({ of: other });
    await settled(page, "Open");
    const before = await other.edges();
    await does(page, "Close");
    await press(page).click();
    await agree(question(page));
    await notices(page).filter({ hasText: "It will close in a moment. Keep clear." }).waitFor();
    await nothingSerious(page, "the warning");
    await does(page, "Do not close");
    await press(page).click();
    await notices(page).filter({ hasText: "It will close" }).waitFor({ state: "detached" });
    assert.equal(await question(page).isVisible(), false);
    await page.locator("#history li").first().filter({ hasText: "the announced closing is called off" }).waitFor();
    assert.equal(await word(page).textContent(), "Open");
    assert.deepEqual(await other.edges(), before, "the button was not pressed");

    await does(page, "Close");
    await press(page).click();
    await agree(question(page));
    await does(page, "Do not close");
    await settled(page, "Closing");
    assert.equal(await notices(page).filter({ hasText: "It will close" }).count(), 0);
    await settled(page, "Closed");
    assert.equal((await other.edges()).length, before.length + 2);
  });

  test("says that it is held open or locked out, and why the button refuses", async () => {
    await close(other);
    const page = await open({ of: other });
    await phone.do("pair", { alias: "phone", code: other.code, ...other.homekit });
    const accessories = await phone.do("accessories", { alias: "phone" });
    const hold = async (name, on) => {
      for (const { aid, services } of accessories)
        for (const { characteristics } of services) {
          const find = (type) => characteristics.find((it) => it.type.startsWith(`000000${type}-`));
          if (!characteristics.some(({ value }) => value === name) || !find("25")) continue;
          return phone.do("write", { alias: "phone", values: [[aid, find("25").iid, on]] });
        }
      throw new Error(`no switch ${name} in ${JSON.stringify(accessories)}`);
    };
    await hold("Gate lockout", true);
    await notices(page).filter({ hasText: "Locked out: every request is refused." }).waitFor();
    await page.locator(".refused").filter({ hasText: /^The gate is locked out: / }).waitFor();
    assert.equal(await press(page).isDisabled(), true);
    await nothingSerious(page, "locked out");
    await hold("Gate lockout", false);
    await does(page, "Open");
    await press(page).click();
    await agree(question(page));
    await settled(page, "Open");
    await hold("Gate hold open", true);
    await notices(page).filter({ hasText: "Held open: only the wall button closes it." }).waitFor();
    await page.locator(".refused").filter({ hasText: /^The gate is held open: / }).waitFor();
    assert.equal(await press(page).isDisabled(), true);
    await hold("Gate hold open", false);
    await does(page, "Close");
    await phone.do("remove", { alias: "phone" }).catch(() => {});
  });

  test("says what is wrong when it does not move, in the reader's language, until that is over", async () => {
    await close(other);
    const page = await open({ of: other });
    const german = await open({ of: other, locale: "de-DE" });
    const fault = (page) => notices(page).locator(".bad");
    await other.happens("jam");
    try {
      await does(page, "Open");
      await press(page).click();
      await agree(question(page));
      await fault(page).filter({ hasText: /^The gate was sent off but its closed end still reports: / }).waitFor();
      await fault(german).filter({ hasText: /^„geschlossen“ meldet sich noch: / }).waitFor();
      await nothingSerious(page, "a fault");
    } finally {
      await other.happens("loosen");
    }
    // The opener believes that it opened: only the next press but one does.
    for (let tries = 0; tries < 100; tries += 1) {
      const { current, press_refused: refused } = await other.ask("/api/v1/gates/Gate");
      if (current === "open") break;
      if (!refused) await other.ask("/api/v1/gates/Gate/open", "POST").catch(() => {});
      await new Promise((again) => setTimeout(again, 200));
    }
    await settled(page, "Open");
    assert.equal(await fault(page).count(), 0);
  });
});

describe("without a pointer", () => {
  test("everything is reached in order, is seen to be, and the gate opens", async () => {
    await close();
    const page = await open();
    const seen = [];
    for (let steps = 0; steps < 20; steps += 1) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const element = document.activeElement;
        if (element === document.body) return null;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return { what: element.id || element.className || element.tagName, visible: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
      });
      if (at === null) break;
      assert.ok(at.visible, `${at.what} has no visible focus`);
      seen.push(at.what);
    }
    assert.deepEqual(seen, ["main press", "SUMMARY", "language"], "no trap, and nothing is left out");
    await press(page).focus();
    await page.keyboard.press("Enter");
    await question(page).waitFor();
    await page.keyboard.press("Shift+Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "no");
    await page.keyboard.press("Tab");
    while (await question(page).isVisible()) await page.keyboard.press("Enter");
    await settled(page, "Opening");
    await settled(page, "Open");
    assert.equal(await page.evaluate(() => document.activeElement.matches(".press")), true, "the focus stays with the button");
    await close();
  });
});

describe("on every screen", () => {
  for (const colorScheme of ["light", "dark"]) {
    test(`in ${colorScheme} colours, 360 pixels wide, nothing is cut off and axe finds nothing serious`, async () => {
      await close();
      const page = await open({ colorScheme, viewport: { width: 360, height: 640 } });
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const [red] = ground.match(/\d+/g).map(Number);
      assert.equal(red > 127, colorScheme === "light", ground);
      await page.locator("summary").click();
      assert.equal(await sideways(page), 0);
      await nothingSerious(page, "closed");
      await press(page).click();
      assert.equal(await sideways(page), 0);
      await nothingSerious(page, "the question");
      await page.keyboard.press("Escape");
      await daemon.ask("/api/v1/gates/Gate/open", "POST");
      await settled(page, "Open");
      await daemon.happens("obstruct");
      await press(page).and(page.locator(":disabled")).waitFor();
      await nothingSerious(page, "something in the way");
      assert.equal(await sideways(page), 0);
      await daemon.happens("free");
      await press(page).and(page.locator(":enabled")).waitFor();
    });
  }

  test("letters twice as large fit on it, too", async () => {
    const page = await open({ viewport: { width: 360, height: 640 }, locale: "de-DE" });
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    assert.equal(await sideways(page), 0);
  });

  test("who wants no motion sees none", async () => {
    await close();
    const page = await open({ reducedMotion: "reduce" });
    await daemon.ask("/api/v1/gates/Gate/open", "POST");
    await settled(page, "Opening");
    const at = await lifted(page);
    const places = await page.evaluate(async () => {
      const found = new Set();
      for (const leaf = document.querySelector(".leaf"); document.querySelector(".state strong").textContent === "Opening"; ) {
        found.add(getComputedStyle(leaf).transform);
        await new Promise(requestAnimationFrame);
      }
      return found.size;
    });
    assert.equal(places, 1, "it stands still while the gate moves");
    await settled(page, "Open");
    await page.waitForFunction((at) => -new DOMMatrix(getComputedStyle(document.querySelector(".leaf")).transform).m42 > at, at);
    await close();
  });
});

describe("languages", () => {
  /** All words that are shown, and those that are only heard. */
  const words = (page) =>
    page.evaluate(() => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found = [];
      while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (!parent.closest("script, template, noscript, option")) found.push(walker.currentNode.textContent.trim());
      }
      for (const element of document.querySelectorAll("[aria-label], img[alt]")) found.push(element.ariaLabel ?? element.alt);
      return found.filter((text) => /\p{L}/u.test(text));
    });

  test("German is German everywhere, and can be chosen", async () => {
    await close();
    const strings = async (tag) => JSON.parse(await readFile(join(process.env.GATE_STRINGS, `${tag}.json`), "utf8"));
    const [english, german] = [await strings("en"), await strings("de")];
    assert.deepEqual(Object.keys(english).sort(), Object.keys(german).sort());
    const onlyEnglish = new Set(Object.keys(english).filter((key) => english[key] !== german[key]).map((key) => english[key]));
    const page = await open({ locale: "de-DE" });
    assert.equal(await page.evaluate(() => document.documentElement.lang), "de");
    await page.locator("summary").click();
    await daemon.happens("obstruct");
    await daemon.happens("free");
    await page.locator("#history").filter({ hasText: "Der Weg ist frei." }).waitFor();
    const shown = await words(page);
    assert.ok(shown.includes("Geschlossen") && shown.includes("Öffnen"));
    const english_left = shown.filter((text) => onlyEnglish.has(text) || /\b(the|is|was|by|and|of)\b/.test(text));
    assert.deepEqual(english_left, []);
    await page.locator("#language").selectOption("en");
    await settled(page, "Closed");
    await page.reload();
    await settled(page, "Closed");
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  });
});

describe("with a token", () => {
  let guarded;
  before(async () => {
    const gates = gate("Gate", 'travel = "2s"', ENDS) + gate("Drive", 'travel = "2s"');
    guarded = await Daemon.start(gates, { token: TOKEN });
  });
  after(() => guarded.stop());

  test("the page asks for it once, says when it is wrong, and shows every gate", async () => {
    const page = await open({ of: guarded, live: false });
    const field = page.getByRole("textbox", { name: "Token" });
    await field.waitFor();
    await nothingSerious(page, "the token");
    assert.equal(await page.locator(".gate").count(), 0);
    await field.fill("not-the-token-at-all");
    await page.keyboard.press("Enter");
    await page.locator("#token-wrong").filter({ hasText: /not accepted/ }).waitFor();
    await field.fill(TOKEN);
    await page.keyboard.press("Enter");
    await until(page, "live");
    assert.deepEqual(await page.locator(".gate h2").allTextContents(), ["Gate", "Drive"]);
    await page.locator("#setup").waitFor();
    assert.ok(await page.locator("#qr").evaluate(async (image) => (await image.decode(), image.naturalWidth > 20)));
    await page.reload();
    await until(page, "live");

    const drive = page.locator(".gate").nth(1);
    await drive.locator(".press").click();
    await agree(drive.locator(".confirm"));
    await drive.locator("strong").filter({ hasText: "Opening" }).waitFor();
    await drive.locator("strong").filter({ hasText: /^Open$/ }).waitFor();
    assert.match(await drive.locator(".state span").textContent(), /^assumed since \d\d:\d\d$/);
    assert.deepEqual(new Set((await guarded.edges()).map(({ gate: name }) => name)), new Set(["Drive"]));
    await nothingSerious(page, "several gates");
    assert.equal(await sideways(page), 0);

    await page.locator("#forget").click();
    await field.waitFor();
    assert.equal(await page.evaluate(() => localStorage.length), 0);
  });

  test("a wrong one is told in the reader's language, and what the network does takes no dialogue away", async () => {
    const page = await open({ of: guarded, live: false, locale: "de-DE" });
    const field = page.getByRole("textbox", { name: "Token" });
    await field.fill("not-the-token-at-all");
    await page.keyboard.press("Enter");
    const wrong = page.locator("#token-wrong").filter({ hasText: /^Das wurde nicht angenommen: es ist nicht das Token$/ });
    await wrong.waitFor();
    await field.fill("half a tok");
    await page.evaluate(() => ["offline", "online"].forEach((change) => dispatchEvent(new Event(change))));
    assert.equal(await field.inputValue(), "half a tok");
    assert.equal(await wrong.isVisible(), true);
    assert.equal(await page.locator("body.lost").count(), 0);
  });
});

describe("a web page from elsewhere", () => {
  let evil;
  let guarded;
  const strangers = [];
  before(async () => {
    evil = await rebinding(EVIL_HOST, daemon);
    guarded = await Daemon.start(gate("Gate", 'travel = "2s"', ENDS), { token: TOKEN });
  });
  after(async () => {
    evil.stop();
    for (const stranger of strangers) stranger.stop();
    await guarded.stop();
  });

  /** The answers of the victim from now on, also those that the browser keeps from the page, and where it says the requests are from. */
  async function answers(page, victim) {
    const found = { statuses: [], sites: new Set() };
    const asked = new Set();
    const inspector = await page.context().newCDPSession(page);
    await inspector.send("Network.enable");
    inspector.on("Network.requestWillBeSent", ({ requestId, request }) => request.url.startsWith(victim) && asked.add(requestId));
    inspector.on("Network.requestWillBeSentExtraInfo", ({ requestId, headers }) => asked.has(requestId) && found.sites.add(headers["Sec-Fetch-Site"]));
    inspector.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode }) => asked.has(requestId) && found.statuses.push(statusCode));
    found.come = (count) =>
      new Promise((resolve) => {
        const look = () => found.statuses.length >= count && resolve();
        inspector.on("Network.responseReceivedExtraInfo", look);
        setTimeout(resolve, PATIENCE).unref();
        look();
      });
    return found;
  }

  async function elsewhere(address, context) {
    if (!context) contexts.push((context = Object.assign(await browser.newContext(), { complaints: [] })));
    const page = await context.newPage();
    await page.goto(address);
    return page;
  }

  const PATHS = ["/toggle-relay", "/toggle-relay?delay=1", "/api/v1/gates/Gate/open", "/api/v1/gates/Gate/toggle"];

  /** Tries all that a page can do to the daemon at `victim`, from a page at `origin`. */
  async function attack(origin, victim, site, context) {
    const page = await elsewhere(origin, context);
    const { statuses, sites, come } = await answers(page, victim);
    await page.evaluate(
      async ([victim, paths]) => {
        for (const path of paths) {
          const body = "text/plain";
          await fetch(victim + path, { method: "POST", mode: "no-cors", credentials: "include", body }).catch(() => {});
          const headers = { "Content-Type": "application/json", Authorization: "Bearer a-guess-of-the-stranger" };
          await fetch(victim + path, { method: "POST", mode: "cors", headers, body: "{}" }).catch(() => {});
          navigator.sendBeacon(victim + path, body);
          await new Promise((done) => {
            const image = new Image();
            image.onload = image.onerror = done;
            image.src = victim + path;
          });
        }
      },
      [victim, PATHS],
    );
    // Two fetches, of which one is not sent because nobody allows it, a beacon and a picture, for each path.
    await come(3 * PATHS.length);
    assert.ok(statuses.length >= 3 * PATHS.length, `the daemon was asked: ${statuses}`);
    assert.ok(statuses.every((status) => status === 403 || status === 405), String(statuses));
    assert.deepEqual([...sites].filter(Boolean), [site]);
    for (const path of PATHS) {
      await page.goto(origin);
      const answered = page.waitForResponse((answer) => answer.url() === victim + path);
      await page.evaluate((action) => {
        const form = Object.assign(document.createElement("form"), { method: "POST", action });
        document.body.append(form);
        form.submit();
      }, victim + path);
      assert.equal((await answered).status(), 403);
      await page.waitForURL(victim + path);
    }

    await page.goto(origin);
    for (const path of ["/api/v1/events", "/"]) {
      const answered = page.waitForResponse((answer) => answer.url() === victim + path);
      await page.evaluate(
        (src) =>
          new Promise((onload) => document.body.replaceChildren(Object.assign(document.createElement("iframe"), { src, onload }))),
        victim + path,
      );
      assert.equal((await answered).status(), 403, path);
    }
    // By its element: the frame before it is still known for a moment when it has left the document.
    const framed = page.locator("iframe").contentFrame();
    await framed.locator("body").waitFor({ state: "attached" });
    assert.equal(await framed.locator("body.live, header, .press").count(), 0, "the page is not shown in a frame");
    const opened = page.waitForEvent("popup");
    await page.evaluate((victim) => void (window.opened = window.open(victim)), victim);
    const other = await opened;
    await other.waitForURL(`${victim}/`);
    await other.locator("header").waitFor();
    const read = await page.evaluate(() => {
      try {
        return window.opened.closed ? "gone" : window.opened.localStorage.length;
      } catch (error) {
        return error.name;
      }
    });
    assert.equal(read, "gone", "what the page keeps is not read");
    await other.close();
  }

  for (const [where, from, site] of [
    ["another address", () => ({ host: "127.0.0.1", victim: daemon.origin }), "cross-site"],
    ["another port of the same address", () => ({ host: daemon.host, victim: daemon.origin }), "same-site"],
    ["another port of localhost", () => ({ host: daemon.host, name: "localhost", victim: `http://localhost:${daemon.port}` }), "same-site"],
  ]) {
    test(`on ${where} cannot move the gate by fetch, form, picture, beacon or frame`, async () => {
      await close();
      const before = await daemon.edges();
      const { host, name, victim } = from();
      const stranger = await otherOrigin(host, name);
      strangers.push(stranger);
      await attack(stranger.origin, victim, site);
      assert.deepEqual(await daemon.edges(), before);
      // The same address is good enough for the page itself.
      const page = await open({ of: { origin: victim } });
      await settled(page, "Closed");
    });
  }

  for (const [where, host, site] of [
    ["another address", () => "127.0.0.1", "cross-site"],
    ["another port of the same address", () => guarded.host, "same-site"],
  ]) {
    test(`on ${where} has nothing of the token that the browser holds`, async () => {
      await close(guarded);
      const before = await guarded.edges();
      const page = await open({ of: guarded, live: false });
      await page.getByRole("textbox", { name: "Token" }).fill(TOKEN);
      await page.keyboard.press("Enter");
      await until(page, "live");
      const stranger = await otherOrigin(host());
      strangers.push(stranger);
      await attack(stranger.origin, guarded.origin, site, page.context());
      assert.deepEqual(await guarded.edges(), before);
      await page.bringToFront();
      await press(page).and(page.locator(":enabled")).waitFor();
      await press(page).click();
      await agree(question(page));
      await settled(page, "Opening");
      await close(guarded);
    });
  }

  test("cannot move the gate under a name that comes to point here", async () => {
    await close();
    const before = await daemon.edges();
    const base = `http://${EVIL}:${daemon.port}`;
    const page = await elsewhere(base);
    assert.match(await page.title(), /Kittens/);
    evil.turn();
    const statuses = await page.evaluate(async (paths) => {
      const found = [];
      for (const path of paths) found.push((await fetch(path, { method: "POST" })).status);
      for (const path of ["/", "/api/v1/status", "/api/v1/setup", "/api/v1/events"]) found.push((await fetch(path)).status);
      return found;
    }, PATHS);
    assert.deepEqual(new Set(statuses), new Set([403]));
    assert.deepEqual(await daemon.edges(), before);
  });

  test("while the same request of the page itself does", async () => {
    await close();
    const before = await daemon.edges();
    const page = await open();
    assert.equal(await page.evaluate(async (path) => (await fetch(path, { method: "POST" })).status, PATHS[2]), 200);
    await settled(page, "Open");
    assert.equal((await daemon.edges()).length, before.length + 2);
  });
});
