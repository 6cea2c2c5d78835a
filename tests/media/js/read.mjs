// Reads playlists, one JSON string a line, with the parser that video.js uses; says what it found in each, a line of JSON.
import { createInterface } from "node:readline";
import { Parser } from "m3u8-parser";

for await (const line of createInterface({ input: process.stdin })) {
  const parser = new Parser();
  const complaints = [];
  parser.on("warn", (event) => complaints.push(event.message));
  parser.push(JSON.parse(line));
  parser.end();
  process.stdout.write(JSON.stringify({ ...parser.manifest, complaints }) + "\n");
}
