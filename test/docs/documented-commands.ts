import { codeLines, codeSpans, type Page } from './pages.ts';

/** A command line of eb-hosts as it stands in the pages. */
export interface DocumentedCommand {
  /** Without the comment behind it. */
  readonly line: string;
  /** The status that the comment announces (`# exits 1 …`); else 0. */
  readonly status: number;
  readonly pages: readonly string[];
}

const invocation = /^(?:.*&& )?(?:npx (?:-\S+ )*)?eb-hosts(?:@\S+)? (?=[a-z-])/;

/** Every command line of eb-hosts in fenced blocks and inline code, each once. */
export function documentedCommands(pages: readonly Page[]): DocumentedCommand[] {
  const found = new Map<string, DocumentedCommand>();
  for (const page of pages) {
    const lines = [
      ...codeLines(page, 'sh', 'console', ''),
      ...codeLines(page, 'yaml').flatMap((line) => /\brun: (.*)/.exec(line)?.[1] ?? []),
      ...codeSpans(page),
    ];
    for (const text of lines.map(withoutPrompt).filter((line) => invocation.test(line))) {
      const line = text.replace(/\s+#.*$/, '');
      const status = Number(/\s#.*\bexits (\d)/.exec(text)?.[1] ?? 0);
      const key = `${status} ${line}`;
      const before = found.get(key)?.pages ?? [];
      found.set(key, { line, status, pages: [...new Set([...before, page.path])] });
    }
  }
  return [...found.values()];
}

function withoutPrompt(line: string): string {
  return line.trim().replace(/^\$ /, '');
}

/** What the pages write for a reader's own values. */
const placeholders: Readonly<Record<string, string>> = {
  '--var NAME': '--var DJANGO_ALLOWED_HOSTS',
  '--environment NAME': '--environment shop-prod',
  '--application NAME': '--application shop',
  '--health-check-path PATH': '--health-check-path /health/',
  'set PATH': 'set /health/',
  '--hosts LIST': '--hosts example.com',
};

/** These alone are no command lines: the page names the command. */
const needsArgument = /eb-hosts (?:probe|health-check)$/;

/** Words in capitals that are meant as they stand. */
const properNames = ['ALLOWED_HOSTS', 'DJANGO_ALLOWED_HOSTS', 'EB_HOSTS', 'SECRET_KEY', 'PORT'];

/** The line as it is run: placeholders filled in, the addresses of `probe` led to `target` (`127.0.0.1:8000`), their
 * Host header kept.
 * @throws Error for a placeholder that is not in the table */
export function filledIn(line: string, target: string): string {
  let filled = needsArgument.test(line) ? `${line} --help` : line;
  for (const [from, to] of Object.entries(placeholders)) filled = filled.replaceAll(from, to);
  const unknown = filled
    .match(/…|<[a-z-]+>|\b[A-Z][A-Z_]+\b/g)
    ?.filter((word) => !properNames.includes(word));
  if (unknown?.length) throw new Error(`unknown placeholder ${unknown.join(', ')} in: ${line}`);
  return filled.replace(/(\sprobe .*?)http:\/\/([^\s/]+)(\S*)(.*)$/, (_, before, host, path, rest) => {
    const header = rest.includes('--host ') ? '' : ` --host ${host}`;
    return `${before}http://${target}${path}${rest}${header}`;
  });
}
