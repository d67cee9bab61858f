// The real daemon, in a directory of its own that goes with it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

// Addresses of the loopback network that nobody else uses: the process id chooses them, as in the other tests.
let count = 100;
const ownHost = () => `127.${(process.pid >> 16) & 255}.${(process.pid >> 8) & 255}.${(process.pid + count++ * 7) & 255}`;

/** A gate that nothing is wired to, with a trace of its relay. */
export const gate = (name, keys, tables = "") =>
  `[[gate]]\nname = "${name}"\npulse = "100ms"\npulses_a_minute = 120\n${keys}\n` +
  `[gate.relay]\ndriver = "simulated"\ntrace = "relay.jsonl"\n${tables}\n`;

/** Switches at both ends, and a photo cell. */
export const ENDS = "[gate.closed_switch]\n[gate.open_switch]\n[gate.obstruction]\n";

export class Daemon {
  /** Starts one; `gates` is the text of their tables, and `token` what requests must carry. */
  static async start(gates, { token } = {}) {
    const daemon = new Daemon();
    daemon.directory = await mkdtemp(join(tmpdir(), "portcullis-page-"));
    daemon.host = ownHost();
    daemon.port = 5000 + (process.pid % 1000);
    daemon.origin = `http://${daemon.host}:${daemon.port}`;
    daemon.homekit = { host: daemon.host, port: daemon.port + 1000 };
    daemon.headers = token ? { Authorization: `Bearer ${token}` } : {};
    if (token) await writeFile(join(daemon.directory, "token"), `${token}\n`, { mode: 0o600 });
    await writeFile(
      join(daemon.directory, "portcullis.toml"),
      `[homekit]\nbind = "${daemon.host}:${daemon.homekit.port}"\nadvertise = false\n` +
        `[api]\nlisten = "${daemon.host}:${daemon.port}"\n` +
        (token ? `token_file = "${join(daemon.directory, "token")}"\n` : "") +
        gates,
    );
    await daemon.run();
    return daemon;
  }

  /** Runs it, also again after it was killed, and waits until it is ready. */
  async run() {
    const files = ["--config", join(this.directory, "portcullis.toml"), "--state-dir", this.directory];
    const child = spawn(process.env.GATE_PROGRAM, files, { stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    this.log = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (this.log = (this.log + text).slice(-20_000)));
    for await (const line of createInterface({ input: child.stdout })) {
      const code = /^\s*Setup code\s+(\S+)/.exec(line);
      if (code) this.code = code[1];
      // The last of the lines that it always prints.
      if (/^\s*Payload\s/.test(line)) {
        child.stdout.resume();
        return;
      }
    }
    throw new Error(`the daemon does not start:\n${this.log}`);
  }

  /** Ends it without a word to anybody, as a power cut would. */
  async kill() {
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }

  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, "exit");
      this.child.kill("SIGTERM");
      await gone;
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  /** The edges of the relay so far. */
  async edges() {
    const text = await readFile(join(this.directory, "relay.jsonl"), "utf8").catch(() => "");
    return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }

  /** A request as a program would make it. */
  async ask(path, method = "GET", body) {
    const answer = await fetch(this.origin + path, {
      method,
      headers: { ...this.headers, "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text && JSON.parse(text);
  }

  /** What happens to a simulated gate without the daemon: `remote`, `obstruct`, `free`. */
  happens = (what, name = "Gate") => this.ask(`/api/v1/gates/${name}/simulation/${what}`, "POST");
}
