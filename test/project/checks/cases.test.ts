import { describe, expect, it } from 'vitest';
import { nothingToDo } from '../../../src/project/checks/nothing-to-do.ts';
import { judgeProject } from '../../../src/project/read-project.ts';
import { survey } from '../../../src/project/survey.ts';
import { snapshotOf } from '../../support/snapshot.ts';

type Files = Readonly<Record<string, string>>;

const process = 'aws:elasticbeanstalk:environment:process:default';
const properties = 'aws:elasticbeanstalk:application:environment';
const settings = (...lines: string[]) => `option_settings:\n${lines.map((line) => `  ${line}\n`).join('')}`;
const pathOf = (path: string) => settings(`${process}:`, `  HealthCheckPath: ${path}`);
const property = (name: string, value: string) => ({
  '.ebextensions/b.config': settings(`${properties}:`, `  ${name}: ${value}`),
});
const hook = { '.platform/hooks/predeploy/10_eb_hosts.sh': '#!/bin/sh\n' };

/** Django on the Python platform with a hook, so that what is left to find is the case's own. */
const withoutHook = (list: string): Files => ({
  '.elasticbeanstalk/config.yml':
    'global:\n  default_platform: Python 3.11 running on 64bit Amazon Linux 2023\n',
  '.ebextensions/a.config': pathOf('/health/'),
  'manage.py':
    'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")\nimport django\n',
  'mysite/__init__.py': '',
  'mysite/settings.py': `import os\nROOT_URLCONF = "mysite.urls"\nMIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]\nALLOWED_HOSTS = ${list}\n`,
  'mysite/urls.py':
    'from django.urls import path\nfrom mysite.views import view\nurlpatterns = [path("", view), path("health/", view)]\n',
  'mysite/views.py': '',
});
const reads = 'os.environ.get("ALLOWED_HOSTS", "shop.example.com").split(",")';
const django: Files = { ...withoutHook(reads), ...hook };

const rails = (production: string, path = '/alive'): Files => ({
  Gemfile: 'gem "rails"\n',
  '.ebextensions/a.config': pathOf(path),
  'config/application.rb': 'class Application < Rails::Application\nend\n',
  'config/environments/production.rb': `Rails.application.configure do\n${production.replace(/^/gm, '  ')}\nend\n`,
});
const railsHosts = 'config.hosts = ["shop.example.com", /.*\\.shop\\.example\\.com/]';

const proto = "req.headers['x-forwarded-proto'] !== 'https'";
const redirecting = (condition: string) =>
  `app.use((req, res, next) => {\n  if (${condition}) {\n    return res.redirect(301, \`https://\${process.env.DOMAIN}\${req.url}\`);\n  }\n  next();\n});\n`;
const route = "app.get('/healthcheck', (req, res) => res.send('ok'));\n";
const inProduction = property('NODE_ENV', 'production');
const express = (code: string): Files => ({
  'package.json': '{"dependencies": {"express": "^5"}}',
  '.ebextensions/a.config': pathOf('/healthcheck'),
  'server.js': `const app = require('express')();\n${code}app.listen(process.env.PORT);\n`,
});

const aspnet = (code: string, appsettings = '{"AllowedHosts": "*"}'): Files => ({
  'Shop.csproj': '<Project Sdk="Microsoft.NET.Sdk.Web">',
  '.ebextensions/a.config': pathOf('/health'),
  'appsettings.json': appsettings,
  'Program.cs': `var app = builder.Build();\n${code}\napp.Run();\n`,
});
const port443 = property('ASPNETCORE_HTTPS_PORTS', '"443"');

const python = (requirement: string, code: string): Files => ({
  'requirements.txt': `${requirement}\n`,
  '.ebextensions/a.config': pathOf('/health'),
  'app.py': code,
});
const starlette = (code: string) =>
  python(
    'fastapi',
    `from fastapi import FastAPI\nfrom fastapi.middleware.httpsredirect import HTTPSRedirectMiddleware\napp = FastAPI()\n${code}\n`,
  );
const flask = (code: string) => python('flask', `from flask import Flask\napp = Flask(__name__)\n${code}\n`);

const inServer = (text: string, name = 'a'): Files => ({
  [`.platform/nginx/conf.d/elasticbeanstalk/${name}.conf`]: `${text}\n`,
});
const written = (target: string, ...lines: string[]): Files => ({
  '.ebextensions/n.config': `files:\n  "${target}":\n    content: |\n${lines.map((line) => `      ${line}\n`).join('')}`,
});
const compose = (conf: string, list = '["shop.example.com"]'): Files => ({
  ...withoutHook(list),
  ...hook,
  '.elasticbeanstalk/config.yml': 'global:\n  default_platform: Docker running on 64bit Amazon Linux 2023\n',
  'docker-compose.yml':
    'services:\n  web:\n    build: .\n    env_file: .env\n  nginx:\n    image: nginx:1.27\n    ports: ["80:80"]\n    volumes: ["./nginx/default.conf:/etc/nginx/conf.d/default.conf:ro"]\n',
  'nginx/default.conf': conf,
});
const location = (...lines: string[]) =>
  `server {\n  listen 80;\n  location / {\n    proxy_pass http://web:8000;\n    ${lines.join('\n    ')}\n  }\n}\n`;

const terraform = (name: string, value: string, namespace = process) =>
  `resource "aws_elastic_beanstalk_environment" "shop" {\n  setting {\n    namespace = "${namespace}"\n    name      = "${name}"\n    value     = "${value}"\n  }\n}\n`;
const procfile = (command: string): Files => ({ ...django, Procfile: `web: ${command}\n` });

/** Errors and warnings, each as `severity code file:line`; all of them, so that a false one shows. */
const cases: Readonly<Record<string, Readonly<Record<string, readonly [Files, ...string[]]>>>> = {
  'a refused check': {
    'a list of its own': [withoutHook('["shop.example.com"]'), 'warning hooks-missing mysite/settings.py:4'],
    'a variable': [withoutHook(reads), 'warning hooks-missing mysite/settings.py:4'],
    'a variable that a property opens': [{ ...withoutHook(reads), ...property('ALLOWED_HOSTS', "'*'") }],
    'a hook is there': [django],
    'the settings ask for the address': [
      {
        ...withoutHook(
          `${reads}\nimport requests\nALLOWED_HOSTS.append(requests.get("http://169.254.169.254/latest/meta-data/local-ipv4").text)`,
        ),
      },
    ],
    "a hook of the user's adds the address": [
      {
        ...withoutHook(reads),
        '.platform/hooks/predeploy/01.sh':
          '#!/bin/sh\nip=$(curl -s http://169.254.169.254/latest/meta-data/local-ipv4)\necho "ALLOWED_HOSTS=shop.example.com,$ip" >> .env\n',
        '.platform/confighooks/predeploy/01.sh': '#!/bin/sh\n. ../../hooks/predeploy/01.sh\n',
      },
    ],
    'Rails, the path is excluded': [
      rails(
        `${railsHosts}\nconfig.host_authorization = { exclude: ->(request) { request.path == "/alive" } }`,
      ),
    ],
    'Rails, another path is excluded': [
      rails(`${railsHosts}\nconfig.host_authorization = { exclude: ->(request) { request.path == "/up" } }`),
      'warning hooks-missing config/environments/production.rb:2',
    ],
    'Rails, excluded by a pattern': [
      rails(
        `${railsHosts}\nconfig.host_authorization = {\n  exclude: ->(request) { request.path =~ /ali/ }\n}`,
      ),
    ],
    'Rails, a network is in the list': [
      rails('config.hosts << "shop.example.com"\nconfig.hosts << IPAddr.new("10.0.0.0/8")'),
    ],
    'ASP.NET': [
      aspnet('', '{"AllowedHosts": "shop.example.com"}'),
      'warning hooks-missing appsettings.json:1',
    ],
    'Symfony on PHP, which no hook reaches': [
      {
        'composer.json': '{"require": {"symfony/framework-bundle": "^7"}}',
        'config/packages/framework.yaml': "framework:\n    trusted_hosts: ['^shop\\.example\\.com$']\n",
        '.elasticbeanstalk/config.yml':
          'global:\n  default_platform: PHP 8.3 running on 64bit Amazon Linux 2023\n',
      },
      'warning hooks-missing config/packages/framework.yaml:2',
    ],
    'Beanstalk Cluster, which runs no hooks': [
      { ...withoutHook(reads), 'env.yaml': 'EnvironmentTier:\n  Name: Cluster\n  Type: EKS\n' },
      'warning hooks-missing mysite/settings.py:4',
    ],
    'Play, whose default is localhost': [
      {
        'build.sbt': '',
        'project/plugins.sbt': 'addSbtPlugin("org.playframework" % "sbt-plugin" % "3.0.0")\n',
        'conf/application.conf':
          'play.http.secret.key = ${?KEY}\nplay.filters.hosts {\n  allowed = ["shop.example.com"]\n}\n',
      },
      'warning hooks-missing conf/application.conf:2',
    ],
    'Angular, which renders in the browser for an unknown host': [
      {
        'package.json': '{"dependencies": {"@angular/ssr": "^21.2.0", "express": "^5"}}',
        'angular.json': '{"security": {"allowedHosts": ["shop.example.com"]}}',
      },
    ],
  },
  'a redirect': {
    Rails: [
      rails('config.force_ssl = true'),
      'warning ssl-redirect-health-check config/environments/production.rb:2',
    ],
    'Rails, in a comment': [rails('# config.force_ssl = true')],
    'Rails, on a condition': [rails('config.force_ssl = true if ENV["SSL"]')],
    'Rails, excluded as the host is': [
      rails(
        `config.force_ssl = true\nconfig.ssl_options = { redirect: { exclude: ->(request) { request.path == "/alive" } } }\n${railsHosts}\nconfig.host_authorization = { exclude: ->(request) { request.path == "/alive" } }`,
      ),
    ],
    'Rails, another path is excluded': [
      rails(
        'config.force_ssl = true\nconfig.ssl_options = { redirect: { exclude: ->(request) { request.path == "/up" } } }',
      ),
      'warning ssl-redirect-health-check config/environments/production.rb:2',
    ],
    'Rails, the checker is excluded by its name': [
      rails(
        'config.force_ssl = true\nconfig.ssl_options = { redirect: { exclude: ->(request) { request.user_agent =~ /ELB-HealthChecker/ } } }',
      ),
    ],
    'Rails, which takes all for HTTPS': [rails('config.assume_ssl = true\nconfig.force_ssl = true')],
    'Rails, where the matcher takes it': [
      {
        ...rails('config.force_ssl = true'),
        '.ebextensions/m.config': settings(`${process}:`, '  MatcherHTTPCode: 200,301'),
      },
    ],
    Express: [
      {
        ...express(redirecting(`${proto} && process.env.NODE_ENV === 'production'`) + route),
        ...inProduction,
      },
      'warning ssl-redirect-health-check server.js:2',
    ],
    'Express, handing on what came over HTTPS': [
      express(
        "app.use(function (req, res, next) {\n  if (req.get('X-Forwarded-Proto') === 'https') return next();\n  res.redirect('https://' + req.headers.host + req.url);\n});\n",
      ),
      'warning ssl-redirect-health-check server.js:2',
    ],
    'Express, in a block for production': [
      {
        ...express(`if (process.env.NODE_ENV === 'production') {\n${redirecting('!req.secure')}}\n`),
        ...inProduction,
      },
      'warning ssl-redirect-health-check server.js:3',
    ],
    'Express, by a constant': [
      {
        ...express(`const live = process.env.NODE_ENV === 'production';\n${redirecting(`live && ${proto}`)}`),
        ...inProduction,
      },
      'warning ssl-redirect-health-check server.js:3',
    ],
    'Express, by what cannot be known': [express(redirecting(`config.https && ${proto}`))],
    'Express, by what cannot be known, over several lines': [
      express(redirecting(`\n    config.https &&\n    ${proto}\n  `)),
    ],
    'Express, a path that may be set in the console': [
      {
        'package.json': '{"dependencies": {"express": "^5"}}',
        'server.js': redirecting(`${proto} && req.path !== '/healthz'`),
      },
    ],
    Fastify: [
      {
        'package.json': '{"dependencies": {"fastify": "^5"}}',
        'server.js':
          "app.addHook('onRequest', async (request, reply) => {\n  if (request.headers['x-forwarded-proto'] !== 'https') {\n    return reply.redirect(`https://${request.hostname}${request.url}`);\n  }\n});\n",
      },
      'warning ssl-redirect-health-check server.js:1',
    ],
    'Express, where nothing says production': [
      express(redirecting(`${proto} && process.env.NODE_ENV === 'production'`)),
    ],
    'Express, a route above': [
      {
        ...express(route + redirecting(`${proto} && process.env.NODE_ENV === 'production'`)),
        ...inProduction,
      },
    ],
    'Express, the path is left alone': [express(redirecting(`${proto} && req.path !== '/healthcheck'`))],
    'Express, only what says http': [express(redirecting("req.headers['x-forwarded-proto'] === 'http'"))],
    'Express, only with the header': [
      express(
        redirecting("req.headers['x-forwarded-proto'] && req.headers['x-forwarded-proto'] !== 'https'"),
      ),
    ],
    'Express, in a comment': [express(redirecting(proto).replace(/^/gm, '// '))],
    'ASP.NET with a port of HTTPS': [
      { ...aspnet('app.UseHttpsRedirection();'), ...port443 },
      'warning ssl-redirect-health-check Program.cs:2',
    ],
    'ASP.NET without one, which switches it off': [aspnet('app.UseHttpsRedirection();')],
    'ASP.NET, the path is answered above': [
      { ...aspnet('app.UseHealthChecks("/health");\napp.UseHttpsRedirection();'), ...port443 },
    ],
    'ASP.NET, in development': [
      { ...aspnet('if (app.Environment.IsDevelopment())\n{\n  app.UseHttpsRedirection();\n}'), ...port443 },
    ],
    Starlette: [
      starlette('app.add_middleware(HTTPSRedirectMiddleware)'),
      'warning ssl-redirect-health-check app.py:4',
    ],
    'Starlette, on a condition': [
      starlette('if settings.https:\n    app.add_middleware(HTTPSRedirectMiddleware)'),
    ],
    'Flask-Talisman': [
      flask('from flask_talisman import Talisman\nTalisman(app)'),
      'warning ssl-redirect-health-check app.py:4',
    ],
    'Flask-Talisman, told not to': [
      flask('from flask_talisman import Talisman\nTalisman(app, force_https=False)'),
    ],
    'Laravel, which only writes its links so': [
      {
        'composer.json': '{"require": {"laravel/framework": "^12"}}',
        'app/Providers/AppServiceProvider.php': "<?php\nURL::forceScheme('https');\n",
      },
    ],
  },
  'the proxy': {
    'a redirect by the header': [
      {
        ...django,
        ...inServer("if ($http_x_forwarded_proto != 'https') { return 301 https://$host$request_uri; }"),
      },
      'warning ssl-redirect-health-check .platform/nginx/conf.d/elasticbeanstalk/a.conf:1',
    ],
    'a redirect of what says http': [
      {
        ...django,
        ...inServer("if ($http_x_forwarded_proto = 'http') { return 301 https://$host$request_uri; }"),
      },
    ],
    'a redirect, but not of the checker': [
      {
        ...django,
        ...inServer(
          'set $away 0;\nif ($http_x_forwarded_proto != "https") { set $away 1; }\nif ($http_user_agent ~* "ELB-HealthChecker") { set $away 0; }\nif ($away = 1) { return 301 https://$host$request_uri; }',
        ),
      },
    ],
    'a redirect of what three signs tell': [
      {
        ...django,
        ...inServer(
          'if ($http_x_forwarded_proto != "https") { set $test "${test}1"; }\nif ($http_user_agent !~ "^ELB-HealthChecker") { set $test "${test}1"; }\nif ($test = "11") { rewrite ^ https://$host$request_uri? permanent; }',
        ),
      },
    ],
    'a redirect that spares a path, where the path may be set in the console': [
      {
        ...django,
        '.ebextensions/a.config': settings('aws:elasticbeanstalk:container:python:', '  NumThreads: 20'),
        ...inServer(
          'set $away 0;\nif ($http_x_forwarded_proto != "https") { set $away 1; }\nif ($request_uri = "/up") { set $away 0; }\nif ($away = 1) { return 301 https://$host$request_uri; }',
        ),
      },
    ],
    'a comment': [{ ...django, ...inServer('# return 301 https://$host$request_uri;') }],
    'an answer of its own': [
      { ...withoutHook(reads), ...inServer('location = /health/ { access_log off; return 200 "ok"; }') },
    ],
    'an answer of its own, for another path': [
      { ...withoutHook(reads), ...inServer('location = /ping { return 200 "ok"; }') },
      'warning hooks-missing mysite/settings.py:4',
    ],
    'an answer of its own, before the app redirects': [
      { ...rails('config.force_ssl = true'), ...inServer('location /alive { return 200; }') },
    ],
    'a host of its own': [
      {
        ...withoutHook(reads),
        ...inServer(
          'location = /health/ { proxy_pass http://127.0.0.1:8000; proxy_set_header Host shop.example.com; }',
        ),
      },
    ],
    'a password': [
      { ...django, ...inServer('auth_basic "Staging";\nauth_basic_user_file /etc/nginx/.htpasswd;') },
      'warning proxy-refuses-check .platform/nginx/conf.d/elasticbeanstalk/a.conf:1',
    ],
    'a password, but not for the path': [
      {
        ...django,
        ...inServer(
          'auth_basic "Staging";\nlocation /health/ { auth_basic off; proxy_pass http://127.0.0.1:8000; proxy_set_header Host $host; }',
        ),
      },
    ],
    'a password, or an address of the network': [
      { ...django, ...inServer('satisfy any;\nallow 10.0.0.0/8;\ndeny all;\nauth_basic "Staging";') },
    ],
    'addresses of an office alone': [
      { ...django, ...inServer('allow 203.0.113.0/24;\ndeny all;') },
      'warning proxy-refuses-check .platform/nginx/conf.d/elasticbeanstalk/a.conf:2',
    ],
    'addresses of an office and of the network': [
      { ...django, ...inServer('allow 203.0.113.0/24;\nallow 172.31.0.0/16;\ndeny all;') },
    ],
    'the one name of the site': [
      {
        ...django,
        ...inServer('if ($host != "shop.example.com") { return 301 https://shop.example.com$request_uri; }'),
      },
      'warning ssl-redirect-health-check .platform/nginx/conf.d/elasticbeanstalk/a.conf:1',
    ],
    'unknown hosts are cut off': [
      { ...django, ...inServer('if ($host !~ ^(www\\.)?shop\\.example\\.com$) { return 444; }') },
      'warning proxy-refuses-check .platform/nginx/conf.d/elasticbeanstalk/a.conf:1',
    ],
    'a configuration of its own, whose default server answers 403': [
      {
        ...django,
        '.platform/nginx/nginx.conf':
          'events {}\nhttp {\n  server {\n    listen 80 default_server;\n    return 403;\n  }\n  server {\n    listen 80;\n    server_name shop.example.com;\n  }\n}\n',
      },
      'warning proxy-refuses-check .platform/nginx/nginx.conf:5',
    ],
    'another server beside the default': [
      {
        ...django,
        '.platform/nginx/conf.d/old.conf':
          'server {\n  listen 80;\n  server_name old.example.com;\n  return 301 https://shop.example.com;\n}\n',
      },
    ],
    'written by .ebextensions': [
      {
        ...django,
        ...written(
          '/etc/nginx/conf.d/elasticbeanstalk/https.conf',
          'if ($http_x_forwarded_proto != "https") {',
          '  return 301 https://$host$request_uri;',
          '}',
        ),
      },
      'warning ssl-redirect-health-check .ebextensions/n.config:5',
    ],
    Apache: [
      {
        ...django,
        '.platform/httpd/conf.d/https.conf':
          'RewriteEngine On\nRewriteCond %{HTTP:X-Forwarded-Proto} !https\nRewriteRule ^.*$ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n',
      },
      'warning ssl-redirect-health-check .platform/httpd/conf.d/https.conf:3',
    ],
    'Apache, the path is left alone': [
      {
        ...django,
        '.platform/httpd/conf.d/https.conf':
          'RewriteEngine On\nRewriteCond %{HTTP:X-Forwarded-Proto} !https\nRewriteCond %{REQUEST_URI} !^/health/\nRewriteRule ^.*$ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n',
      },
    ],
    'a container that sends its own name as Host': [
      compose(location('proxy_set_header X-Real-IP $remote_addr;')),
      'warning proxy-changes-host nginx/default.conf:4',
    ],
    'a container that keeps Host': [compose(location('proxy_set_header Host $http_host;'))],
    'a container that sends a name of the list': [compose(location(), '["web", "shop.example.com"]')],
    'a container with a server for unknown hosts': [
      compose(
        `server {\n  listen 80 default_server;\n  return 444;\n}\n${location('proxy_set_header Host $host;').replace('80;', '80;\n  server_name shop.example.com;')}`,
      ),
      'warning proxy-refuses-check nginx/default.conf:3',
    ],
  },
  'the form of a property': {
    'blanks against commas': [
      { ...django, ...property('ALLOWED_HOSTS', '"shop.example.com www.example.com"') },
      'error property-form .ebextensions/b.config:3',
    ],
    quotes: [
      { ...django, ...property('ALLOWED_HOSTS', `"'shop.example.com','www.example.com'"`) },
      'error property-form .ebextensions/b.config:3',
    ],
    'a list of Python': [
      { ...django, ...property('ALLOWED_HOSTS', `'["shop.example.com"]'`) },
      'error property-form .ebextensions/b.config:3',
    ],
    'one host in brackets': [
      { ...django, ...property('ALLOWED_HOSTS', '"[shop.example.com]"') },
      'error property-form .ebextensions/b.config:3',
    ],
    'a list of YAML': [
      { ...django, ...property('ALLOWED_HOSTS', '[shop.example.com, www.example.com]') },
      'error property-form .ebextensions/b.config:3',
    ],
    'commas against blanks': [
      {
        ...withoutHook('os.environ.get("ALLOWED_HOSTS", "").split()'),
        ...hook,
        ...property('ALLOWED_HOSTS', 'a.com,b.com'),
      },
      'error property-form .ebextensions/b.config:3',
    ],
    'env.yaml': [
      { ...django, 'env.yaml': `OptionSettings:\n  ${properties}:\n    ALLOWED_HOSTS: a.com b.com\n` },
      'error property-form env.yaml:3',
    ],
    '.env': [{ ...django, '.env': 'A=1\nALLOWED_HOSTS=a.com b.com\n' }, 'error property-form .env:2'],
    right: [
      {
        ...django,
        ...property('ALLOWED_HOSTS', 'shop.example.com,.example.com,[::1]'),
        '.env': 'ALLOWED_HOSTS="a.com,b.com"\n',
      },
    ],
    'quotes around the whole, which systemd takes away': [
      { ...django, ...property('ALLOWED_HOSTS', `'"a.com,b.com"'`) },
    ],
    'a placeholder': [{ ...django, ...property('ALLOWED_HOSTS', '"${HOSTS} x"') }],
    'another variable': [{ ...django, ...property('OTHER', '"a b"') }],
  },
  'the port': {
    gunicorn: [procfile('gunicorn mysite.wsgi --bind 0.0.0.0:3000'), 'warning port-mismatch Procfile:1'],
    uvicorn: [
      procfile('uvicorn mysite.asgi:application --host 0.0.0.0 --port 5000'),
      'warning port-mismatch Procfile:1',
    ],
    runserver: [procfile('python manage.py runserver 0.0.0.0:3000'), 'warning port-mismatch Procfile:1'],
    'told by the property': [
      { ...procfile('gunicorn mysite.wsgi --bind 0.0.0.0:3000'), ...property('PORT', '3000') },
    ],
    "the platform's": [procfile('gunicorn mysite.wsgi --bind :8000')],
    'a variable': [procfile('gunicorn mysite.wsgi --bind 0.0.0.0:$PORT')],
    'a proxy of its own': [
      {
        ...procfile('gunicorn mysite.wsgi -b :3000'),
        ...inServer('location / { proxy_pass http://127.0.0.1:3000; proxy_set_header Host $host; }'),
      },
    ],
    Node: [
      {
        ...express(''),
        Procfile: 'web: next start -p 3000\n',
        '.elasticbeanstalk/config.yml': 'global:\n  default_platform: Node.js 20\n',
      },
      'warning port-mismatch Procfile:1',
    ],
    'Node, by npm start': [
      {
        '.elasticbeanstalk/config.yml': 'global:\n  default_platform: Node.js 20\n',
        'package.json':
          '{\n  "scripts": { "start": "next start -p 3000" },\n  "dependencies": { "next": "^16" }\n}\n',
      },
      'warning port-mismatch package.json:2',
    ],
    'another one than the property says': [
      { ...procfile('gunicorn mysite.wsgi --bind :3000'), ...property('PORT', '5000') },
      'warning port-mismatch Procfile:1',
    ],
    'Ruby, a socket': [{ ...rails(''), Procfile: 'web: puma -p 3000\n' }],
  },
  noise: {
    'hooks without x bit and with CRLF': [
      { ...django, '.platform/hooks/predeploy/01.sh': '#!/bin/sh\r\necho\r\n' },
    ],
    'placeholders, templates, an empty cron.yaml': [
      {
        ...django,
        ...property('SECRET', '${SECRET}'),
        'cron.yaml': '',
        'cookiecutter.json': '{}',
        '.ebextensions/t.config': 'a: {{ b }}\n- x',
      },
    ],
  },
};

for (const [kind, rows] of Object.entries(cases)) {
  describe(kind, () => {
    it.each(Object.entries(rows))('%s', (_, [files, ...expected]) => {
      const findings = judgeProject(survey(snapshotOf(files)));
      const alarms = findings.filter(({ severity }) => severity !== 'info');
      expect(alarms.map(({ severity, code, file, line }) => `${severity} ${code} ${file}:${line}`)).toEqual(
        expected,
      );
    });
  });
}

describe('nothing to do', () => {
  const environment = (...lines: string[]) => ({ '.ebextensions/e.config': settings(...lines) });
  it.each<[string, Files, RegExp | null]>([
    ['Express', express(route), /Express checks no host/],
    [
      'Express that redirects to the host it was asked for',
      express(redirecting('!req.secure').replace('${process.env.DOMAIN}', '${req.headers.host}')),
      /Express/,
    ],
    [
      'Express that looks at the host',
      express(
        'app.use((req, res, next) => {\n  if (!hosts.includes(req.hostname)) return res.sendStatus(400);\n  next();\n});\n',
      ),
      null,
    ],
    ['Rails without config.hosts', rails('# config.hosts << "x"'), /config\.hosts is not set/],
    ['Next.js', { 'package.json': '{"dependencies": {"next": "^16"}}' }, /Next\.js/],
    ['Spring Boot', { 'pom.xml': '<artifactId>spring-boot-starter-parent</artifactId>' }, /Spring Boot/],
    ['Flask without TRUSTED_HOSTS', flask(''), /TRUSTED_HOSTS/],
    ['ASP.NET as its template is', aspnet(''), /admits every host/],
    ['an open list', withoutHook('["*"]'), /admits every host/],
    ['an open list by default', withoutHook('os.environ.get("ALLOWED_HOSTS", "*").split(",")'), null],
    ['a list', django, null],
    [
      'a single instance',
      { ...django, ...environment('aws:elasticbeanstalk:environment:', '  EnvironmentType: SingleInstance') },
      /no load balancer/,
    ],
    ['a worker', { ...django, ...environment('aws:elasticbeanstalk:sqsd:', '  HttpPath: /work') }, /worker/],
    [
      'one environment of it',
      {
        ...django,
        '.elasticbeanstalk/saved_configs/dev.cfg.yml':
          'OptionSettings:\n  aws:elasticbeanstalk:environment:\n    EnvironmentType: SingleInstance\n',
      },
      null,
    ],
    [
      'IIS',
      {
        ...django,
        '.elasticbeanstalk/config.yml':
          'global:\n  default_platform: 64bit Windows Server 2022 v2 running IIS 10.0\n',
      },
      /Windows/,
    ],
    [
      'PHP',
      {
        'composer.json': '{}',
        '.elasticbeanstalk/config.yml':
          'global:\n  default_platform: PHP 8.3 running on 64bit Amazon Linux 2023\n',
      },
      /no web\.service/,
    ],
    [
      'Beanstalk Cluster',
      { ...django, 'env.yaml': 'EnvironmentTier:\n  Name: Cluster\n  Type: EKS\n' },
      /Cluster/,
    ],
    ['nothing at all', { 'index.html': '' }, null],
  ])('%s', (_, files, expected) => {
    const reason = nothingToDo(survey(snapshotOf(files)));
    if (expected === null) expect(reason).toBeNull();
    else expect(reason).toMatch(expected);
  });
});

describe('the path that is set elsewhere', () => {
  const { '.ebextensions/a.config': _, ...without } = django;
  const cfn = `Resources:\n  Env:\n    Properties:\n      OptionSettings:\n        - Namespace: ${process}\n          OptionName: HealthCheckPath\n          Value: /status/\n`;
  it.each<[string, Files, string[]]>([
    [
      'Terraform',
      { ...without, 'infra/main.tf': terraform('HealthCheckPath', '/status/') },
      ['/status/ infra/main.tf:3'],
    ],
    [
      'Terraform, a variable',
      { ...without, 'infra/main.tf': terraform('HealthCheckPath', '${var.path}') },
      [],
    ],
    [
      'Terraform, a comment',
      { ...without, 'infra/main.tf': terraform('HealthCheckPath', '/status/').replace(/^/gm, '# ') },
      [],
    ],
    [
      'CloudFormation',
      { ...without, 'cloudformation/app.yaml': cfn },
      ['/status/ cloudformation/app.yaml:5'],
    ],
    [
      'CDK',
      {
        ...without,
        'cdk/lib/stack.ts': `[{ namespace: '${process}', optionName: 'HealthCheckPath', value: '/status/' }]`,
      },
      ['/status/ cdk/lib/stack.ts:1'],
    ],
    [
      'a saved configuration',
      {
        ...without,
        '.elasticbeanstalk/saved_configs/p.cfg.yml': `OptionSettings:\n  ${process}:\n    HealthCheckPath: /status/\n`,
      },
      ['/status/ .elasticbeanstalk/saved_configs/p.cfg.yml:3'],
    ],
    [
      'two environments that differ',
      {
        ...without,
        'infra/a.tf': terraform('HealthCheckPath', '/a/'),
        'infra/b.tf': terraform('HealthCheckPath', '/b/'),
      },
      [],
    ],
    ['.ebextensions', django, []],
  ])('%s', (_, files, expected) => {
    const told = judgeProject(survey(snapshotOf(files))).filter(
      ({ code }) => code === 'health-path-defined-elsewhere',
    );
    expect(
      told.map(({ message, file, line }) => `${/path is (\S+),/.exec(message)?.[1]} ${file}:${line}`),
    ).toEqual(expected);
  });
});
