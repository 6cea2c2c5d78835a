// A chat room on Node socket.io with its Redis adapter, written as its documentation has it: a peer that livehub is compared with.
//
//     node server.mjs PORT REDIS_URL broadcast|count
//
// Rooms, an emit to the room for each chat line and each like; with "count" they are only counted and acknowledged. WebSocket
// only; perMessageDeflate is off, which is socket.io's default. What comes is sent on as it is, with who said it.

import { createServer } from "node:http";

import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [port, redisUrl, mode] = process.argv.slice(2);

const pubClient = createClient({ url: redisUrl });
const subClient = pubClient.duplicate();
await Promise.all([pubClient.connect(), subClient.connect()]);

const httpServer = createServer();
const io = new Server(httpServer, { adapter: createAdapter(pubClient, subClient), transports: ["websocket"] });
let ids = 0;
let likes = 0;

io.on("connection", (socket) => {
  socket.on("join", async ({ room }, acknowledge) => {
    await socket.join(room);
    acknowledge?.({ ok: true });
  });

  socket.on("chat", ({ room, text, ts }, acknowledge) => {
    const id = String(++ids).padStart(12, "0");
    if (mode === "broadcast") {
      io.to(room).emit("chat", { id, user: socket.id, name: "Viewer", role: "viewer", text, ts });
    }
    acknowledge?.({ ok: true, id });
  });

  socket.on("like", ({ room, n }, acknowledge) => {
    likes += n;
    if (mode === "broadcast") {
      io.to(room).emit("like", { user: socket.id, n, likes });
    }
    acknowledge?.({ ok: true });
  });
});

httpServer.listen({ port: Number(port), host: "127.0.0.1", backlog: 4096 });
process.on("SIGTERM", () => process.exit(0));
