/** The tokens of the pages after the first. A service that hands out a token again must not hold us for ever. */
export function pages(): (token: string | undefined) => string | undefined {
  const seen = new Set<string>();
  return (token) => {
    if (token === undefined || token === '' || seen.has(token)) return undefined;
    seen.add(token);
    return token;
  };
}
