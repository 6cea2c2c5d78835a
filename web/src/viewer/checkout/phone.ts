/** A phone number as others over one's shoulder may read it: 138****8000, +44****1234. Pure. */
const ENDS = 4;
const MAINLAND = /^\+86(?=1\d{10}$)/;

/** `e164`: as the server has it. */
export function masked(e164: string): string {
  const number = e164.replace(MAINLAND, "");
  return number.length > ENDS + 3 ? `${number.slice(0, 3)}****${number.slice(-ENDS)}` : number;
}
