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
  const root = beforeRoot.exec(body.toString('latin1', 0, 4_000))?.[1];
  const end = body.toString('latin1', Math.max(0, body.length - 4_000)).replace(afterRoot, '');
  if (!end.endsWith(`</${root}>`) && !/^<[^<]*\/>$/.test(end))
    throw serviceFailure(action, region, 'an answer that breaks off');
}

/** What XML allows around its root besides blanks: a declaration, instructions, comments. */
const beforeRoot = /^(?:\s|<!--[\s\S]*?-->|<[?!][^>]*>)*<([A-Za-z_][\w:.-]*)/;
const afterRoot = /(?:\s|<!--(?:(?!-->)[\s\S])*-->)*$/;

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
