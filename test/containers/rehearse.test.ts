import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { rootTime } from '../instance/expectations.ts';
import { scratchDirectory, writeTree } from '../support/scratch.ts';
import { type Docker, describeDocker, image, startDocker } from './docker.ts';

const bin = join(packageRoot, 'dist', 'bin.js');

const app = {
  'manage.py': 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")\n',
  'mysite/__init__.py': '',
  'mysite/settings.py': `import os
SECRET_KEY = "x"
DEBUG = False
ROOT_URLCONF = "mysite.urls"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "shop.example.com").split(",")
`,
  'mysite/urls.py': `from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("health/", lambda request: HttpResponse("ok"))]
`,
  'mysite/wsgi.py': `import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
application = get_wsgi_application()
`,
  '.ebextensions/check.config':
    'option_settings:\n  aws:elasticbeanstalk:environment:process:default:\n    HealthCheckPath: /health/\n',
  Dockerfile: `FROM ${image}
WORKDIR /app
COPY . .
EXPOSE 8000
CMD gunicorn --bind 0.0.0.0:8000 mysite.wsgi
`,
};

/** A name, a port, an image and volumes that somebody else may have as well. */
const compose = `version: "3.8"
services:
  web:
    build: .
    image: shop
    container_name: shop
    env_file: .env
    environment: { TRACE: "\${NOT_SET}" }
    ports: ["80:8000"]
    volumes: ["./media:/media", "uploads:/uploads", "database:/database"]
  worker:
    build: .
    command: sleep 600
    ports: ["5432:5432"]
volumes:
  uploads: {}
  database: { external: true }
`;

describeDocker('rehearse --docker', () => {
  let docker: Docker;
  beforeAll(async () => {
    docker = await startDocker();
    // Of the person's own, with a name that the bundle uses too.
    await docker.docker(['volume', 'create', 'database']);
    await docker.docker(['run', '--detach', '--name', 'shop', image, 'sleep', '600']);
  }, rootTime);
  afterAll(() => docker?.stop());

  const holdings = async () => {
    const lists = [
      ['ps', '--all', '--format', '{{.Names}}'],
      ['volume', 'ls', '--format', '{{.Name}}'],
      ['network', 'ls', '--format', '{{.Name}}'],
      ['images', '--format', '{{.Repository}}:{{.Tag}}'],
    ];
    return Promise.all(lists.map(async (list) => (await docker.docker(list)).split('\n').sort()));
  };
  async function project(files: Record<string, string>): Promise<string> {
    const directory = scratchDirectory();
    writeTree(directory, { ...app, ...files });
    mkdirSync(join(directory, 'media'));
    await execa('git', ['init', '--quiet'], { cwd: directory });
    return directory;
  }
  const ebHosts = (cwd: string, ...argv: string[]) => docker.run([process.execPath, bin, ...argv], { cwd });

  it.each<[string, Record<string, string>, string]>([
    ['one container', {}, 'env-list'],
    ['Compose', { 'docker-compose.yml': compose }, 'dotenv'],
  ])('%s: 400 before, 200 after, and nothing left', { timeout: 180_000 }, async (_, files, delivery) => {
    const directory = await project(files);
    const before = await holdings();
    const statuses = async () => {
      const { stdout, output } = await ebHosts(directory, 'rehearse', '--docker', '--json');
      if (!stdout.startsWith('{')) throw new Error(output);
      const { ok, checks, address } = JSON.parse(stdout);
      const direct = checks.filter(({ via }: { via: string }) => via === 'app');
      return { ok, address, statuses: direct.map(({ status }: { status: number }) => status) };
    };
    expect(await statuses()).toEqual({ ok: false, address: '10.0.1.5', statuses: [400, 200, 400] });
    const init = ['init', '--yes', '--delivery', delivery];
    expect((await ebHosts(directory, ...init)).output).toContain('10_eb_hosts.sh');
    expect(await statuses()).toEqual({ ok: true, address: '10.0.1.5', statuses: [200, 200, 400] });
    expect(await holdings()).toEqual(before);
  });

  it('tells what it does, whose volumes it uses, and why an app does not come up', {
    timeout: 60_000,
  }, async () => {
    const directory = await project({
      'docker-compose.yml': compose.replace('container_name: shop', 'command: "echo no database; exit 7"'),
    });
    const before = await holdings();
    const { status, output } = await ebHosts(directory, 'rehearse', '--docker');
    expect(status).toBe(1);
    expect(output).toContain('may use the network');
    expect(output.replace(/\s+/g, ' ')).toContain(
      'leave as they are: ./media:/media, uploads:/uploads, database:/database',
    );
    expect(output).toContain('no database');
    expect(output).toContain('the app did not start');
    expect(await holdings()).toEqual(before);
  });

  it('leaves nothing when it is interrupted', { timeout: 60_000 }, async () => {
    const directory = await project({
      Dockerfile: app.Dockerfile.replace('CMD gunicorn', 'CMD sleep 600 #'),
    });
    const before = await holdings();
    const run = 'timeout --signal=INT 8 "$@"';
    const { status } = await docker.run(
      ['sh', '-c', run, 'sh', process.execPath, bin, 'rehearse', '--docker'],
      { cwd: directory },
    );
    expect([124, 130]).toContain(status);
    await sleep(100);
    expect(await holdings()).toEqual(before);
  });
});
