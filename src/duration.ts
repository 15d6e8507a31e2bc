/** A time as `--timeout` takes it: `90s`, `10m`, `1h`; a bare number is minutes, as in the EB CLI.
 * @returns milliseconds; undefined for anything else, and for nothing at all */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = 'm'] = /^(\d{1,6}(?:\.\d{1,3})?)([smh])?$/.exec(text) ?? [];
  const milliseconds =
    Number(number ?? Number.NaN) * (unit === 's' ? 1_000 : unit === 'm' ? 60_000 : 3_600_000);
  // Longer than a day is a slip; and a timer cannot hold more than 24 days.
  return milliseconds >= 1 && milliseconds <= 86_400_000 ? milliseconds : undefined;
}
