/** The apps, each with an entry, addresses (applications.json) and a session of its own in the same browser. */
import type { SessionRequest } from "@shared/api-types";
import applications from "../../applications.json";

export type AppName = keyof typeof applications & NonNullable<SessionRequest["app"]>;
