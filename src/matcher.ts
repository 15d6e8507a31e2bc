/** Statuses that count as healthy, as ranges with both ends included. */
export type Matcher = readonly { readonly from: number; readonly to: number }[];

/** Reads `200`, `200,301` or `200-299` as a target group does, blanks around commas allowed; undefined if it is none of
 * these, or admits what no load balancer can be told to admit (outside 200-499). */
export function parseMatcher(text: string): Matcher | undefined {
  const ranges: { from: number; to: number }[] = [];
  for (const part of text.split(',')) {
    const match = /^\s*(\d{3})(?:-(\d{3}))?\s*$/.exec(part);
    if (match === null) return undefined;
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (from < 200 || to > 499 || from > to) return undefined;
    ranges.push({ from, to });
  }
  return ranges;
}

/** Whether the status counts as healthy. */
export function matches(matcher: Matcher, status: number): boolean {
  return matcher.some(({ from, to }) => status >= from && status <= to);
}
