// The stock JavaScript client, driven by lines of JSON on stdin; what it hears goes out as lines of JSON. See viewers.py.
//   node viewer.mjs URL OPTIONS
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// Among the packages of the pages, which are at hand wherever the tests run.
const require = createRequire(new URL("../../../web/package.json", import.meta.url));
const { io } = require("socket.io-client");

const [url, options] = process.argv.slice(2);
const { transports, auth } = JSON.parse(options);
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");

const socket = io(url, { auth, reconnection: false, ...(transports ? { transports } : {}) });
const upgraded = () => {
  const { engine } = socket.io;
  return new Promise((resolve) => (engine.transport.name === "websocket" ? resolve() : engine.once("upgrade", resolve)));
};

socket.on("connect", async () => {
  if (!transports) await upgraded();
  say({ event: "connect", body: { transport: socket.io.engine.transport.name } });
});
socket.on("connect_error", (error) => say({ event: "connect_error", body: { message: error.message, data: error.data } }));
socket.on("disconnect", (reason) => say({ event: "disconnect", body: { reason } }));
socket.onAny((event, body) => say({ event, body }));

const commands = createInterface({ input: process.stdin });
commands.on("line", async (line) => {
  const { call, event, body } = JSON.parse(line);
  say({ answer: call, body: await socket.emitWithAck(event, body) });
});
commands.on("close", () => {
  socket.disconnect();
  process.exitCode = 0;
});
