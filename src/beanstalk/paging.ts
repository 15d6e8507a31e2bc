/** A service that returns the same token for ever must not hold us. */
export function nextPage(token: string | undefined, previous: string | undefined): string | undefined {
  return token === undefined || token === '' || token === previous ? undefined : token;
}
