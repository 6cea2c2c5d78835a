/** The apps, each with an entry, addresses (applications.json) and a session of its own in the same browser. */
export type AppName = "viewer" | "studio" | "ops";
