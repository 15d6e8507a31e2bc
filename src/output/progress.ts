import type { Retry } from '../beanstalk/connection.ts';
import type { Progress } from '../beanstalk/update.ts';
import type { Output } from '../io.ts';
import type { Style } from './style.ts';
import { printableLine } from './wrap.ts';

/** Prints what happens meanwhile: lines, and on a terminal a last line that is written over. */
export function progressPrinter(stderr: Output, style: Style, quiet: boolean) {
  let live = false;
  const clear = () => {
    if (live) stderr.write('\r\x1b[K');
    live = false;
  };
  const line = (text: string) => {
    clear();
    stderr.write(text);
  };
  const status = (text: string) => {
    if (!stderr.isTTY) return line(`${text}\n`);
    clear();
    stderr.write(style('dim', text.slice(0, stderr.columns - 1)));
    live = true;
  };
  return {
    style,
    /** Text that is worth reading, newline included. */
    note: (text: string): void => {
      if (!quiet) line(text);
    },
    warn: (text: string): void => {
      if (!quiet) line(`${style('yellow', 'warning:')} ${printableLine(text)}\n`);
    },
    retry: ({ action, attempt, reason }: Retry): void => {
      if (!quiet) status(printableLine(`${action}: ${reason}, trying again (${attempt})`));
    },
    report: (progress: Progress): void => {
      if (quiet) return;
      if (progress.kind === 'event') {
        const { date, severity, message } = progress.event;
        line(`${printableLine(`${date === null ? '' : `${date.slice(11, 19)} `}${severity} ${message}`)}\n`);
      } else if (progress.kind === 'trouble')
        line(`${style('yellow', 'warning:')} ${printableLine(progress.message)}\n`);
      else
        status(
          progress.status === 'Ready'
            ? 'the environment is Ready'
            : printableLine(`the environment is ${progress.status}, waiting`),
        );
    },
    /** How far it is; on a terminal only. */
    count: (done: number, what: string): void => {
      if (!quiet && stderr.isTTY) status(`${done} ${what}`);
    },
    /** Leaves the terminal's last line clean. */
    end: clear,
  };
}
