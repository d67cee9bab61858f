// Takes the pictures of the documentation: the page on a phone, on a day when something happens.

import { join } from "node:path";

import { launch } from "./browser.js";
import { Daemon, ENDS, gate } from "./daemon.js";
import { Phone } from "./phone.js";

const browser = await launch();
const daemon = await Daemon.start(gate("Gate", 'travel = "10s"', ENDS));
const phone = new Phone();

async function open(options) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  await page.goto(daemon.origin);
  await page.locator("body.live").waitFor();
  return page;
}

const settled = (page, text) => page.locator(".state strong").filter({ hasText: new RegExp(`^${text}$`) }).waitFor();

async function take(page, name) {
  await page.screenshot({ path: join(process.env.GATE_IMAGES, `${name}.png`), animations: "allow" });
}

/** The iid of the door's target, which a phone writes. */
async function target() {
  const [{ aid, services }] = await phone.do("accessories", { alias: "phone" });
  const characteristics = services.flatMap((service) => service.characteristics);
  const { iid } = characteristics.find(({ type }) => type.startsWith("00000032-"));
  return [aid, iid];
}

try {
  const light = await open({ colorScheme: "light" });
  await light.locator("#setup").waitFor();
  await light.locator("#qr").evaluate((image) => image.decode());
  await take(light, "page-unpaired");

  const { id } = await phone.do("pair", { alias: "phone", code: daemon.code, ...daemon.homekit });
  const { id: guest } = await phone.do("invite", { alias: "phone", guest: "guest" });
  await daemon.ask(`/api/v1/controllers/${id}`, "PUT", { name: "Mum’s phone" });
  await daemon.ask(`/api/v1/controllers/${guest}`, "PUT", { name: "Hall tablet" });
  const [aid, iid] = await target();
  await phone.do("write", { alias: "phone", values: [[aid, iid, 0]] });
  const dark = await open({ colorScheme: "dark" });
  await settled(dark, "Opening");
  await dark.waitForFunction(() => -new DOMMatrix(getComputedStyle(document.querySelector(".leaf")).transform).m42 > 45);
  await take(dark, "page-opening");
  await settled(dark, "Open");
  await daemon.happens("remote");
  await settled(dark, "Closed");
  const paired = await open({ colorScheme: "light" });
  await paired.locator("#controllers").waitFor();
  await paired.locator("#health").evaluate((section) => section.scrollIntoView());
  await take(paired, "page-paired");

  await daemon.kill();
  const lost = dark;
  await lost.emulateMedia({ colorScheme: "light" });
  await lost.locator("body.lost").waitFor();
  await lost.evaluate(() => scrollTo(0, 0));
  await take(lost, "page-lost");
} finally {
  phone.stop();
  await browser.close();
  await daemon.stop();
}
