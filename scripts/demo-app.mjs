// Stands in for the fixture project where there is no Django: the same addresses, and Django's check of the Host header
// against ALLOWED_HOSTS (django.http.request.validate_host).
import { createServer } from 'node:http';

const allowed = (process.env.ALLOWED_HOSTS ?? 'example.com,www.example.com').split(',');

function isAllowed(host) {
  return allowed.some(
    (pattern) =>
      pattern === '*' ||
      (pattern.startsWith('.')
        ? host.endsWith(pattern) || host === pattern.slice(1)
        : host === pattern.toLowerCase()),
  );
}

const pages = {
  '/': { status: 200, type: 'text/html', body: '<h1>It works</h1>\n' },
  '/health/': { status: 200, type: 'text/plain', body: 'ok\n' },
};
const notFound = { status: 404, type: 'text/html', body: '<h1>Not Found</h1>\n' };
const badRequest = { status: 400, type: 'text/html', body: '<h1>Bad Request (400)</h1>\n' };

createServer((request, response) => {
  const host = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
  const page = isAllowed(host) ? (pages[request.url] ?? notFound) : badRequest;
  response.writeHead(page.status, { 'content-type': page.type }).end(page.body);
}).listen(Number(process.env.PORT), '127.0.0.1');
