import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { xml } from './beanstalk-model.ts';

/** Something that goes wrong. `cut-after` happens after the call was carried out. */
export type FaultKind =
  | 'throttled'
  | 'access-denied'
  | 'insufficient-privileges'
  | 'expired-token'
  | 'invalid-token'
  | 'bad-signature'
  | 'old-signature'
  | 'html-500'
  | 'empty-503'
  | 'cut'
  | 'cut-after'
  | 'reset'
  | 'garbage'
  | 'hang'
  | 'stall'
  | 'no-request-id'
  | 'proxy-403'
  | 'not-enabled'
  | 'quoting'
  | 'quoting-500';

export interface Fault {
  readonly kind: FaultKind;
  /** Any action where there is none. */
  readonly action?: string;
  /** How often; default: for ever. */
  times?: number;
  /** Calls of that action to let pass first. */
  skip?: number;
  /** A share of the calls, by a fixed sequence. */
  readonly share?: number;
}

/** What is answered instead of the call, by kind; the others come after it was carried out. */
export const answersInstead: Partial<Record<FaultKind, (response: ServerResponse, action: string) => void>> =
  {
    throttled: (response) => sendError(response, 400, 'Throttling', 'Rate exceeded'),
    'access-denied': (response, action) =>
      sendError(
        response,
        403,
        'AccessDenied',
        `User: arn:aws:iam::123456789012:user/dev is not authorized to perform: elasticbeanstalk:${action} on resource: arn:aws:elasticbeanstalk:eu-west-1:123456789012:environment/shop/shop-prod`,
      ),
    'insufficient-privileges': (response) =>
      sendError(
        response,
        403,
        'InsufficientPrivilegesException',
        "You do not have permission to perform the 's3:CreateBucket' action. Verify that your S3 policies and your ACLs allow you to perform these actions.",
      ),
    'expired-token': (response) =>
      sendError(response, 403, 'ExpiredToken', 'The security token included in the request is expired'),
    'invalid-token': (response) =>
      sendError(
        response,
        403,
        'InvalidClientTokenId',
        'The security token included in the request is invalid.',
      ),
    'bad-signature': (response) =>
      sendError(
        response,
        403,
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match. The Canonical String for this request should have been\nAKIAIOSFODNN7EXAMPLE/20260101',
      ),
    'old-signature': (response) =>
      sendError(
        response,
        403,
        'SignatureDoesNotMatch',
        'Signature expired: 20260101T000000Z is now earlier than 20260101T010000Z (20260101T011500Z - 15 min.)',
      ),
    'html-500': (response) =>
      send(response, 500, '<html><body><h1>Internal Server Error</h1>', undefined, 'text/html'),
    'empty-503': (response) => send(response, 503, '', undefined),
    cut: (response) => void response.destroy(),
    reset: (response) => void response.socket?.resetAndDestroy(),
    garbage: (response) => send(response, 200, '<Describe><SECRET_KEY>hunter2-is-secret</oops', randomUUID()),
    hang: () => {},
    'proxy-403': (response) =>
      send(response, 403, '<html><body>Denied</body></html>', undefined, 'text/html'),
    'quoting-500': (response) => sendError(response, 500, 'Bad-hunter2-is-secret', 'hunter2-is-secret'),
    // The service quotes what is in its configuration.
    quoting: (response) =>
      sendError(
        response,
        400,
        'InvalidParameterValue',
        "Invalid option value: 'hunter2-is-secret' (Namespace: 'aws:elasticbeanstalk:application:environment', OptionName: 'SECRET_KEY')",
      ),
    'not-enabled': (response) =>
      sendError(response, 403, 'OptInRequired', 'The AWS Access Key Id needs a subscription for the service'),
  };

/** Half an answer, and then nothing. */
export function stall(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(text) });
  response.write(text.slice(0, text.length / 2));
}

export function dueFault(faults: Fault[], action: string, random: () => number): FaultKind | undefined {
  for (const fault of faults) {
    if (fault.action !== undefined && fault.action !== action) continue;
    if (fault.times === 0) continue;
    if (fault.share !== undefined && random() >= fault.share) continue;
    if (fault.skip !== undefined && fault.skip > 0) {
      fault.skip -= 1;
      continue;
    }
    if (fault.times !== undefined) fault.times -= 1;
    return fault.kind;
  }
  return undefined;
}

/** The same numbers in every run. */
export function sequence(): () => number {
  let state = 42;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

export function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  const error = { Error: { Type: 'Sender', Code: code, Message: message }, RequestId: randomUUID() };
  send(response, status, `<ErrorResponse>${xml(error)}</ErrorResponse>`, error.RequestId);
}

export function send(
  response: ServerResponse,
  status: number,
  text: string,
  requestId: string | undefined,
  type = 'text/xml',
): void {
  response.writeHead(status, {
    'content-type': type,
    ...(requestId === undefined ? {} : { 'x-amzn-RequestId': requestId }),
  });
  response.end(text);
}
