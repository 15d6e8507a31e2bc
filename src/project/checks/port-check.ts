import { finding } from '../../findings.ts';
import { propertyNamespace } from '../../option-namespaces.ts';
import { optionValue } from '../ebextensions/option-settings.ts';
import { below } from '../paths.ts';
import { readProcfile } from '../platform/procfile.ts';
import type { Check, Survey } from '../survey.ts';

/** The port that a platform's nginx passes to where PORT is not set (DG). Ruby's passes to Puma's socket. */
function proxiedPort({ platform }: Survey): number | undefined {
  if (platform.platform === 'python') return 8000;
  if (platform.language === 'node') return 8080;
  return ['go', 'java', 'dotnet'].includes(platform.language ?? '') ? 5000 : undefined;
}

/** How servers are told a literal address or port on their command line. */
const ports: readonly RegExp[] = [
  /\b(?:gunicorn|hypercorn)\b.*?\s(?:--bind[= ]|-b\s*)["']?(?:[\w.*[\]-]*):(\d+)\b/,
  /\b(?:uvicorn|granian|daphne|waitress-serve|flask|next|serve|http-server)\b.*?\s(?:--port[= ]|-p[= ]?|--listen[= ](?:[\w.*]*:)?)["']?(\d+)\b/,
  /\brunserver\s+(?:[\w.]*:)?(\d+)\b/,
  /-Dserver\.port=(\d+)|--server\.port=(\d+)|--urls[= ]["']?https?:\/\/[^:\s]+:(\d+)|\bASPNETCORE_URLS=["']?http:\/\/[^:\s]+:(\d+)|(?:^|\s)PORT=(\d+)\s/,
];

/** `port-mismatch`: the server listens on a port that the proxy does not pass to. */
export const checkPort: Check = (survey) => {
  const { app, ebextensions } = survey;
  const options = [...ebextensions.options, ...ebextensions.elsewhere];
  const set = optionValue(options, propertyNamespace, 'PORT');
  const port = set === undefined ? proxiedPort(survey) : Number(set.value);
  const started = startCommand(survey);
  if (!port || started === undefined || /\$\{?PORT\b/.test(started.command)) return [];
  const given = ports.map((pattern) => pattern.exec(started.command)?.slice(1).find(Boolean)).find(Boolean);
  if (given === undefined || started.command.split(/[^\d]+/).includes(String(port))) return [];
  // A configuration of nginx that names the port passes to it.
  const own = below(app.paths, '.platform/nginx').map((path) => app.text(path) ?? '');
  const texts = [...own, ...ebextensions.writtenFiles.map(({ content }) => content)];
  if (proxiedPort(survey) === undefined || texts.some((text) => text.includes(`:${given}`))) return [];
  const message = `the app listens on port ${given}, and the proxy passes to ${port}, where nothing listens: every request gets 502`;
  const fix = `set the environment property PORT to ${given}, or listen on ${port}`;
  return [finding('warning', 'port-mismatch', started, message, fix)];
};

/** What starts the app: the Procfile, else on Node.js the script of that name. */
function startCommand({ app, platform }: Survey) {
  const web = readProcfile(app).find(({ name }) => name === 'web');
  if (web !== undefined) return { file: 'Procfile', line: web.line, command: web.command };
  const file = 'package.json';
  const text = platform.language === 'node' && !app.has('Procfile') ? (app.text(file) ?? '') : '';
  const [, before = '', command] = /^([\s\S]*?)"start"\s*:\s*"([^"]*)"/.exec(text) ?? [];
  return command === undefined ? undefined : { file, line: before.split('\n').length, command };
}
