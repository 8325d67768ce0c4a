/** A model on loopback that speaks OpenAI's interface and answers conversations from a list. */

import { createServer } from "node:http";

const NAME = "team-coder-instruct";

export class Model {
  /** What it answers with, one after the other; the last one stays. */
  answers = ["There is nothing to change."];
  /** The conversations that came, each a list of messages. */
  asked = [];
  #server = createServer((request, response) => void this.#answer(request, response));

  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  /** @returns {string} host and port */
  get host() {
    return `127.0.0.1:${this.#server.address().port}`;
  }

  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   */
  async #answer(request, response) {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    if (request.url === "/v1/models") {
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ object: "list", data: [{ id: NAME, owned_by: "team" }] }));
      return;
    }
    if (request.url !== "/v1/chat/completions") {
      response.writeHead(404, { "Content-Type": "application/json" }).end('{"detail": "Not Found"}');
      return;
    }
    this.asked.push(JSON.parse(Buffer.concat(pieces).toString("utf8")).messages);
    const text = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    response.setHeader("Content-Type", "text/event-stream");
    const said = (delta, reason) => ({ choices: [{ index: 0, delta, finish_reason: reason }] });
    // In pieces, as a model writes.
    for (const part of text.match(/[^]{1,12}/g) ?? []) {
      response.write(`data: ${JSON.stringify(said({ content: part }, null))}\n\n`);
    }
    response.write(`data: ${JSON.stringify(said({}, "stop"))}\n\n`);
    response.end("data: [DONE]\n\n");
  }
}
