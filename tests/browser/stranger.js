// Web pages that somebody else wrote: on another origin, and under a name that comes to point at the daemon.

import { once } from "node:events";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";

const PAGE = "<!doctype html><title>Kittens</title><p>Look at the kittens.</p>";

/** Serves a page that attacks with whatever the test runs in it, at a host that the browser may know by another name. */
export async function otherOrigin(host, name = host) {
  const server = createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end(PAGE));
  server.listen(0, host);
  await once(server, "listening");
  return { origin: `http://${name}:${server.address().port}`, stop: () => server.close() };
}

/** One address that first serves a page of its own and then, once it is turned, is the daemon: what rebinding looks like. */
export async function rebinding(host, daemon) {
  const web = createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html").setHeader("Connection", "close").end(PAGE);
  });
  let turned = false;
  const server = createTcpServer((client) => {
    if (!turned) return web.emit("connection", client);
    const there = connect(daemon.port, daemon.host);
    client.pipe(there).pipe(client);
    client.on("error", () => there.destroy());
    there.on("error", () => client.destroy());
  });
  server.listen(daemon.port, host);
  await once(server, "listening");
  return { turn: () => (turned = true), stop: () => server.close() };
}
