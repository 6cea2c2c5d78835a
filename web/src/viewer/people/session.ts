/** The viewer's own session: one for the whole app. */
import { createSession } from "@shared/session";

export const session = createSession("livehub.viewer");
