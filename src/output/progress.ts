import type { Retry } from '../beanstalk/connection.ts';
import type { Progress } from '../beanstalk/update.ts';
import type { Output } from '../io.ts';
import { printableLine, type Style } from './text.ts';

const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/** Prints what happens meanwhile: lines, and on a terminal a last line that turns and is written over. Not the spinner of
 * @clack/prompts: it ends the process with status 0 on Ctrl-C and on Escape, in the midst of an update. */
export function progressPrinter(stderr: Output, style: Style, quiet: boolean) {
  let turning: NodeJS.Timeout | undefined;
  const write = (text: string) => {
    if (!quiet) stderr.write(turning === undefined ? text : `\r\x1b[K${text}`);
    clearInterval(turning);
    turning = undefined;
  };
  const line = (text: string) => write(`${printableLine(text)}\n`);
  const status = (text: string) => {
    if (quiet) return;
    if (!stderr.isTTY) return line(text);
    let frame = 0;
    const turn = () => {
      const sign = frames[frame++ % frames.length];
      return style('dim', `${sign} ${printableLine(text)}`.slice(0, stderr.columns - 1));
    };
    write(turn());
    turning = setInterval(() => stderr.write(`\r\x1b[K${turn()}`), 100).unref();
  };
  const warn = (text: string) => write(`${style('yellow', 'warning:')} ${printableLine(text)}\n`);
  return {
    style,
    /** Text that is worth reading, newline included. */
    note: write,
    warn,
    retry: ({ action, attempt, reason }: Retry): void =>
      status(`${action}: ${reason}, trying again (${attempt})`),
    report: (progress: Progress) => {
      if (progress.kind === 'trouble') return warn(progress.message);
      if (progress.kind === 'status') {
        const isReady = progress.status === 'Ready';
        return status(`the environment is ${progress.status}${isReady ? '' : ', waiting'}`);
      }
      const { date, severity, message } = progress.event;
      const text = `${date === null ? '' : `${date.slice(11, 19)} `}${severity} ${message}`;
      // On a terminal what is not well stays.
      if (severity === 'INFO') status(text);
      else line(text);
    },
    /** How far it is; on a terminal only. */
    count: (done: number, what: string): void => {
      if (stderr.isTTY) status(`${done} ${what}`);
    },
    /** Leaves the terminal's last line clean. */
    end: (): void => write(''),
  };
}
