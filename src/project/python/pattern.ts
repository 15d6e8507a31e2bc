/** A repeated group that repeats inside itself: such patterns can take for ever on a text that does not match. */
const explosive = /\([^)]*[+*}][^)]*\)[+*{]/;

/** A regular expression of Python as one of ours; undefined where JavaScript has no such syntax or it may not come to an end. */
export function toRegExp(source: string, flags = ''): RegExp | undefined {
  if (source.length > 500 || explosive.test(source)) return undefined;
  try {
    return new RegExp(source.replaceAll('(?P<', '(?<').replace(/\\Z$/, '$').replace(/^\\A/, '^'), flags);
  } catch {
    return undefined;
  }
}
