/** A question before something that viewers notice and that is hard to take back. The button says the deed, not "OK". */
export interface Ask {
  title: string;
  text?: string;
  action: string;
  danger?: boolean;
}

/** Whether the person wants it. */
export type AskFirst = (ask: Ask) => Promise<boolean>;
