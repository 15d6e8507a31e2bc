import { expect } from 'vitest';
import { runMain } from './in-process.ts';

export interface ProbeDocument {
  ok: boolean;
  request: { address: string; headers: Record<string, string> | null; path: string | null };
  answer: { status: number; body: string } | null;
  failure: string | null;
  verdict: { healthy: boolean; code: string; reason: string | null; message: string; fix: string | null };
}

/** Runs `probe --json`; its status must go with the document. */
export async function probe(...argv: string[]): Promise<ProbeDocument> {
  const { status, stdout } = await runMain(['probe', ...argv, '--json']);
  const document = JSON.parse(stdout) as ProbeDocument;
  expect(status).toBe(document.ok ? 0 : 1);
  return document;
}

/** The code of its verdict. */
export async function code(...argv: string[]): Promise<string> {
  return (await probe(...argv)).verdict.code;
}
