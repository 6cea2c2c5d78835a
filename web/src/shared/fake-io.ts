/** For tests: stands in for socket.io-client's `io`, the edge of what is ours. The test plays the server. */
type Listener = (...args: never[]) => void;

interface Asked {
  event: string;
  body: unknown;
  answer: (reply: unknown) => void;
  fail: (error: Error) => void;
}

export class FakeSocket {
  connected = false;
  active = true;
  readonly asked: Asked[] = [];
  readonly calls: string[] = [];
  private readonly listeners = new Map<string, Set<Listener>>();

  on(event: string, listener: Listener): this {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
    return this;
  }

  off(event: string, listener: Listener): this {
    this.listeners.get(event)?.delete(listener);
    return this;
  }

  removeAllListeners(): this {
    this.listeners.clear();
    return this;
  }

  connect(): this {
    this.calls.push("connect");
    return this;
  }

  disconnect(): this {
    this.calls.push("disconnect");
    this.connected = false;
    return this;
  }

  timeout(): { emitWithAck: (event: string, body: unknown) => Promise<unknown> } {
    return {
      emitWithAck: (event, body) => new Promise((answer, fail) => this.asked.push({ event, body, answer, fail })),
    };
  }

  /** The server, or the library, says something. */
  says(event: string, ...args: unknown[]): void {
    if (event === "connect") this.connected = true;
    if (event === "disconnect") this.connected = false;
    for (const listener of [...(this.listeners.get(event) ?? [])]) (listener as (...all: unknown[]) => void)(...args);
  }

  /** The last thing that was asked. */
  get last(): Asked {
    const asked = this.asked[this.asked.length - 1];
    if (!asked) throw new Error("nothing was asked");
    return asked;
  }
}
