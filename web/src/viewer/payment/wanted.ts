/** The order that somebody has just said to pay: its page goes on with that by itself, once. Who comes to it otherwise presses. */
let wanted: string | null = null;

export function wantPaid(order: string): void {
  wanted = order;
}

export function takeWanted(order: string): boolean {
  const is = wanted === order;
  wanted = null;
  return is;
}
