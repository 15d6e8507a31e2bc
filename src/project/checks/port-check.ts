import { finding } from '../../findings.ts';
import { propertyNamespace } from '../../option-namespaces.ts';
import { below } from '../paths.ts';
import { readProcfile } from '../platform/procfile.ts';
import type { Survey } from '../survey.ts';
import type { Check } from './check.ts';

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
  /-Dserver\.port=(\d+)|--server\.port=(\d+)|--urls[= ]["']?https?:\/\/[^:\s]+:(\d+)|\bASPNETCORE_URLS=["']?http:\/\/[^:\s]+:(\d+)|(?:^|\s)PORT=(\d+)\s/,
];

/** `port-mismatch`: the server listens on a port that the proxy does not pass to. */
export const checkPort: Check = (survey) => {
  const { app, ebextensions } = survey;
  const port = proxiedPort(survey);
  const web = readProcfile(app).find(({ name }) => name === 'web');
  const isSet = [...ebextensions.options, ...ebextensions.elsewhere].some(
    ({ namespace, option }) => namespace === propertyNamespace && option === 'PORT',
  );
  if (port === undefined || web === undefined || isSet || /\$\{?PORT\b/.test(web.command)) return [];
  const given = ports.map((pattern) => pattern.exec(web.command)?.slice(1).find(Boolean)).find(Boolean);
  const listensOn = web.command.split(/[^\d]+/);
  if (given === undefined || Number(given) === port || listensOn.includes(String(port))) return [];
  // A configuration of nginx that names the port passes to it.
  const own = [
    ...below(app.paths, '.platform/nginx').map((path) => app.text(path) ?? ''),
    ...ebextensions.writtenFiles.map(({ content }) => content),
  ];
  if (own.some((text) => text.includes(`:${given}`))) return [];
  return [
    finding(
      'warning',
      'port-mismatch',
      { file: 'Procfile', line: web.line },
      `the app listens on port ${given}, and the proxy passes to ${port}, where nothing listens: every request gets 502`,
      `set the environment property PORT to ${given}, or listen on ${port}`,
    ),
  ];
};
