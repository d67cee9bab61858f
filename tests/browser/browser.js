// Debian's Chromium without a screen, and without whatever it does for itself.

import { chromium } from "playwright-core";

export const launch = (...more) =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      // Root may not use the sandbox, and the pages are our own.
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...more,
    ],
  });
