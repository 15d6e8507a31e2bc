import { serviceFailure } from './aws-errors.ts';

/** Reads an answer to its end and makes sure that it is one, before the SDK takes an empty body, the page of a proxy or an
 * answer without its end for an answer that holds nothing: no environments, no events.
 * @param response the SDK's, changed in place: its body is read
 * @throws UserError `service-failure` */
export async function requireWholeAnswer(response: unknown, action: string, region: string): Promise<void> {
  if (!isResponse(response)) return;
  const body = withoutByteOrderMark(await collect(response.body));
  response.body = body;
  if (response.statusCode >= 300) return;
  if (body.length === 0) throw serviceFailure(action, region, 'an empty answer');
  if (!body.includes(`<${action}Response`) && !body.includes(`<${action}Result`))
    throw serviceFailure(action, region, 'an answer that is none of Elastic Beanstalk');
  const text = withoutTrailingComments(body.toString('latin1'));
  const root = beforeRoot.exec(text)?.[1];
  const end = text.slice(-1_000);
  if (!end.endsWith(`</${root}>`) && !/^<[^<]*\/>$/.test(end))
    throw serviceFailure(action, region, 'an answer that breaks off');
}

/** What XML allows around its root besides blanks: a declaration, instructions, comments. Each matches in one way only: an
 * answer of many comments would otherwise be tried in all ways of taking them apart. */
const beforeRoot = /^(?:\s|<!--(?:(?!-->)[\s\S])*-->|<(?:\?|!(?!--))[^>]*>)*<([A-Za-z_][\w:.-]*)/;

function withoutTrailingComments(text: string): string {
  let rest = text.trimEnd();
  while (rest.endsWith('-->') && rest.includes('<!--'))
    rest = rest.slice(0, rest.lastIndexOf('<!--')).trimEnd();
  return rest;
}

/** The SDK's parser does not know it. */
const byteOrderMark = Buffer.from('\uFEFF');

function withoutByteOrderMark(body: Buffer): Buffer {
  return body.subarray(0, 3).equals(byteOrderMark) ? body.subarray(3) : body;
}

interface Response {
  readonly statusCode: number;
  body: unknown;
}

function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'statusCode' in value && 'body' in value;
}

async function collect(body: unknown): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
