import type { Retry } from '../beanstalk/connection.ts';
import type { Progress } from '../beanstalk/update.ts';
import type { Output } from '../io.ts';
import type { Style } from './style.ts';
import { printableLine } from './wrap.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Prints what happens meanwhile: lines, and on a terminal a last line that turns and is written over. Not the spinner of
 * @clack/prompts: it ends the process with status 0 on Ctrl-C and on Escape, in the midst of an update. */
export function progressPrinter(stderr: Output, style: Style, quiet: boolean) {
  let turning: NodeJS.Timeout | undefined;
  const clear = () => {
    if (turning !== undefined) stderr.write('\r\x1b[K');
    clearInterval(turning);
    turning = undefined;
  };
  const line = (text: string) => {
    clear();
    stderr.write(text);
  };
  const status = (text: string) => {
    if (!stderr.isTTY) return line(`${text}\n`);
    clear();
    let frame = 0;
    const turn = () => {
      const sign = frames[frame++ % frames.length];
      stderr.write(`\r\x1b[K${style('dim', `${sign} ${text}`.slice(0, stderr.columns - 1))}`);
    };
    turn();
    turning = setInterval(turn, 100).unref();
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
        const text = printableLine(`${date === null ? '' : `${date.slice(11, 19)} `}${severity} ${message}`);
        // On a terminal the last event stands beside the sign that turns; what is not well stays.
        if (stderr.isTTY && severity === 'INFO') status(text);
        else line(`${text}\n`);
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
