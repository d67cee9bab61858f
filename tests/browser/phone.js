// A real HomeKit controller: aiohomekit, in a process of its own. tests/controller/controller.py says what it can do.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export class Phone {
  #waiting = [];

  constructor() {
    this.child = spawn(process.env.GATE_PYTHON, ["-I", process.env.GATE_CONTROLLER], { stdio: ["pipe", "pipe", "ignore"] });
    createInterface({ input: this.child.stdout }).on("line", (line) => this.#waiting.shift()?.(JSON.parse(line)));
    this.child.on("exit", () => this.#waiting.splice(0).forEach((tell) => tell({ error: { kind: "it left" } })));
  }

  async do(what, values = {}) {
    const answer = await new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.child.stdin.write(`${JSON.stringify({ do: what, ...values })}\n`);
    });
    if (answer.error) throw new Error(`${what}: ${JSON.stringify(answer.error)}`);
    return answer.ok;
  }

  stop() {
    this.child.stdin.end();
  }
}
