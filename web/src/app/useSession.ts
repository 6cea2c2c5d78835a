/** The session of this app, for all of its pages. */
import { defineStore } from "pinia";
import { createSession, type SessionOptions } from "./session";

let options: SessionOptions = { app: "viewer", guests: true, links: false };

/** Said once, before anything asks for the session (createLivehubApp). */
export function setSessionOptions(own: SessionOptions): void {
  options = own;
}

export const useSession = defineStore("session", () => createSession(options));

export type SessionStore = ReturnType<typeof useSession>;
