import { describe, expect, it } from 'vitest';
import { readProject } from '../../src/project/read-project.ts';
import { snapshotOf } from '../support/snapshot.ts';

function read(files: Record<string, string>) {
  const { framework, settings } = readProject(snapshotOf(files));
  return {
    framework,
    settings: settings.map(({ file, line, source, variable, separator, role, default: hosts }) => [
      `${file}:${line}`,
      source,
      variable,
      separator,
      role,
      hosts,
    ]),
  };
}

const gemfile = { Gemfile: "source 'x'\ngem 'rails', '~> 7'\n" };
const production = 'config/environments/production.rb';

describe('Rails', () => {
  it.each<[string, unknown[]]>([
    ['config.hosts << "example.com"', ['literal', null, null, 'extra-hosts', ['example.com']]],
    ['config.hosts = ["a.com", "b.com"]', ['literal', null, null, 'whole-list', ['a.com', 'b.com']]],
    ['config.hosts = [\n  "a.com",\n  ENV["HOST"]\n]', ['environment', 'HOST', 'none', 'whole-list', null]],
    [
      'config.hosts += ENV["RAILS_ALLOWED_HOSTS"].split(",")',
      ['environment', 'RAILS_ALLOWED_HOSTS', 'comma', 'extra-hosts', null],
    ],
    [
      'config.hosts = ENV.fetch("HOSTS", "a.com,b.com").split(",")',
      ['environment', 'HOSTS', 'comma', 'whole-list', ['a.com', 'b.com']],
    ],
    [
      "config.hosts.concat ENV.fetch('HOSTS').split(' ')",
      ['environment', 'HOSTS', 'space', 'extra-hosts', null],
    ],
    ['config.hosts.concat(ENV["HOSTS"].to_s.split)', ['environment', 'HOSTS', 'space', 'extra-hosts', null]],
    ['config.hosts << ENV["APP_HOST"]', ['environment', 'APP_HOST', 'none', 'extra-hosts', null]],
    ['config.hosts.clear', ['wildcard', null, null, null, ['*']]],
    ['config.hosts = nil', ['wildcard', null, null, null, ['*']]],
    ['config.hosts << my_hosts', ['unknown', null, null, null, null]],
  ])('%s', (line, expected) => {
    expect(
      read({
        ...gemfile,
        [production]: `Rails.application.configure do\n  # config.hosts << "no"\n  ${line}\nend\n`,
      }),
    ).toEqual({
      framework: 'rails',
      settings: [[`${production}:3`, ...expected]],
    });
  });

  it('admits every host where it sets none', () => {
    expect(read({ ...gemfile, [production]: '# config.hosts = ["a.com"]\n' })).toEqual({
      framework: 'rails',
      settings: [],
    });
  });
});

describe('ASP.NET Core', () => {
  const project = { 'src/Api/Api.csproj': '<Project Sdk="Microsoft.NET.Sdk.Web">' };
  const hosts = '{ "AllowedHosts": "a.com" }';

  it.each([
    [
      'a library that names the web framework',
      {
        ...project,
        'src/Api/appsettings.json': hosts,
        'src/Access/Access.csproj': '<PackageReference Include="Microsoft.AspNetCore.Http" />',
      },
    ],
    [
      'tests of the app',
      {
        ...project,
        'src/Api/appsettings.json': hosts,
        'src/Api.Tests/Api.Tests.csproj': '<Project Sdk="Microsoft.NET.Sdk.Web">',
        'src/Api.Tests/appsettings.json': '{ "AllowedHosts": "*" }',
      },
    ],
    [
      'a site that the Procfile does not start',
      {
        ...project,
        Procfile: 'web: dotnet exec ./Api.dll\n',
        'src/Api/appsettings.json': hosts,
        'src/Admin/Admin.csproj': '<Project Sdk="Microsoft.NET.Sdk.Web">',
        'src/Admin/appsettings.json': '{ "AllowedHosts": "*" }',
      },
    ],
  ])('reads the project that serves, not %s', (_, files) => {
    expect(read(files).settings[0]?.[0]).toBe('src/Api/appsettings.json:1');
  });
  it.each<[string, unknown[]]>([
    ['{\n  "AllowedHosts": "*"\n}', ['wildcard', 'AllowedHosts', 'semicolon', 'whole-list', ['*']]],
    [
      '{\n  "allowedHosts": "a.com;b.com"\n}',
      ['environment', 'AllowedHosts', 'semicolon', 'whole-list', ['a.com', 'b.com']],
    ],
    [
      '{ // comment\n  "AllowedHosts": "a.com"\n}'.replace('{ //', '{\n//'),
      ['environment', 'AllowedHosts', 'semicolon', 'whole-list', ['a.com']],
    ],
  ])('%j', (text, expected) => {
    const { framework, settings } = read({ ...project, 'src/Api/appsettings.json': text });
    expect(framework).toBe('aspnet');
    expect(settings.map(([, ...rest]) => rest)).toEqual([expected]);
  });

  it('puts the file of production first', () => {
    const { settings } = read({
      ...project,
      'src/Api/appsettings.json': '{"AllowedHosts": "*"}',
      'src/Api/appsettings.Production.json': '{"AllowedHosts": "a.com"}',
    });
    expect(settings[0]?.[0]).toBe('src/Api/appsettings.Production.json:1');
  });
});

describe('Symfony', () => {
  const composer = { 'composer.json': '{"require": {"symfony/framework-bundle": "7.*"}}' };
  const file = 'config/packages/framework.yaml';
  it.each<[string, unknown[]]>([
    ["trusted_hosts: '%env(TRUSTED_HOSTS)%'", ['environment', 'TRUSTED_HOSTS', null, 'whole-list', null]],
    [
      "trusted_hosts: '%env(csv:TRUSTED_HOSTS)%'",
      ['environment', 'TRUSTED_HOSTS', 'comma', 'whole-list', null],
    ],
    ["trusted_hosts: '%env(json:HOSTS)%'", ['environment', 'HOSTS', 'json', 'whole-list', null]],
    [
      "trusted_hosts: ['^a\\.com$', '%env(HOST_PATTERN)%']",
      ['environment', 'HOST_PATTERN', null, 'extra-hosts', null],
    ],
    ["trusted_hosts: ['^a\\.com$']", ['literal', null, null, null, ['^a\\.com$']]],
  ])('%s', (line, expected) => {
    expect(read({ ...composer, [file]: `framework:\n    secret: x\n    ${line}\n` })).toEqual({
      framework: 'symfony',
      settings: [[`${file}:3`, ...expected]],
    });
  });

  it('prefers the section of production', () => {
    const { settings } = read({
      ...composer,
      [file]:
        "framework:\n  trusted_hosts: ['a']\nwhen@prod:\n  framework:\n    trusted_hosts: '%env(csv:H)%'\n",
    });
    expect(settings[0]?.slice(0, 3)).toEqual([`${file}:5`, 'environment', 'H']);
  });
});

describe('lists that code makes', () => {
  const aspnet = {
    'App.csproj': '<Project Sdk="Microsoft.NET.Sdk.Web"></Project>',
    'appsettings.json': '{"AllowedHosts": "a.com"}',
  };
  const laravel = {
    'composer.json': '{"require": {"laravel/framework": "^12"}}',
    'bootstrap/app.php':
      "<?php\n$x->withMiddleware(fn ($m) => $m->trustHosts(at: fn () => config('app.trusted_hosts')));\n",
  };

  it.each<[string, Record<string, string>, unknown[]]>([
    [
      'ASP.NET: a list in code, which the variable does not reach',
      {
        ...aspnet,
        'Program.cs':
          'builder.Services.AddHostFiltering(options =>\n{\n  options.AllowedHosts = new[] { "a.com", "b.com" };\n});\n',
      },
      ['literal', null, null, null, ['a.com', 'b.com']],
    ],
    [
      'ASP.NET: a list that code takes from the configuration',
      {
        ...aspnet,
        'Startup.cs':
          'services.AddHostFiltering(o => { o.AllowedHosts = Configuration.GetValue<string>("AllowedHosts").Split(\';\'); });\n',
      },
      ['environment', 'AllowedHosts', 'semicolon', 'whole-list', ['a.com']],
    ],
    [
      'Laravel: what the configuration says',
      {
        ...laravel,
        'config/app.php':
          "<?php\nreturn [\n  'url' => env('APP_URL'),\n  'trusted_hosts' => explode(',', env('TRUSTED_HOSTS', '')),\n];\n",
      },
      ['environment', 'TRUSTED_HOSTS', 'comma', 'whole-list', null],
    ],
    ['Laravel: a configuration that is not there', laravel, ['unknown', null, null, null, null]],
    [
      'Rails: in the file that loads the app',
      {
        Gemfile: 'gem "rails"\n',
        'config/environment.rb': "Rails.application.config.hosts << ENV['HOST_NAME']\n",
      },
      ['environment', 'HOST_NAME', 'none', 'extra-hosts', null],
    ],
    [
      'Rails: in an initializer of any name',
      {
        Gemfile: 'gem "rails"\n',
        'config/initializers/security.rb':
          "Rails.application.config.hosts = ENV.fetch('HOSTS') { '' }.split(',')\n",
      },
      ['environment', 'HOSTS', 'comma', 'whole-list', null],
    ],
  ])('%s', (_, files, expected) => {
    expect(read(files).settings[0]?.slice(1)).toEqual(expected);
  });
});

describe('Laravel', () => {
  const composer = { 'composer.json': '{"require": {"laravel/framework": "^10"}}' };
  const file = 'app/Http/Middleware/TrustHosts.php';
  const kernel = (line: string) => ({ 'app/Http/Kernel.php': `<?php\nclass Kernel {\n  ${line}\n}\n` });
  const middleware = (body: string) => ({
    [file]: `<?php\nclass TrustHosts {\n    public function hosts()\n    {\n        return ${body};\n    }\n}\n`,
  });

  it('has no list while the middleware is commented out', () => {
    const files = {
      ...composer,
      ...kernel('// \\App\\Http\\Middleware\\TrustHosts::class,'),
      ...middleware('[]'),
    };
    expect(read(files)).toEqual({ framework: 'laravel', settings: [] });
  });

  it.each<[string, unknown[]]>([
    ['[$this->allSubdomainsOfApplicationUrl()]', ['literal', null, null, null, null]],
    ["explode(',', env('TRUSTED_HOSTS'))", ['environment', 'TRUSTED_HOSTS', 'comma', 'whole-list', null]],
    [
      "[$this->allSubdomainsOfApplicationUrl(), env('HEALTH_HOST')]",
      ['environment', 'HEALTH_HOST', 'none', 'extra-hosts', null],
    ],
  ])('%s', (body, expected) => {
    const files = {
      ...composer,
      ...kernel('\\App\\Http\\Middleware\\TrustHosts::class,'),
      ...middleware(body),
    };
    expect(read(files).settings.map(([, ...rest]) => rest)).toEqual([expected]);
  });

  it('is read from bootstrap/app.php', () => {
    const php =
      "<?php\n$x->withMiddleware(function ($middleware) {\n  $middleware->trustHosts(at: explode(',', env('H')));\n});\n";
    expect(read({ ...composer, 'bootstrap/app.php': php }).settings).toEqual([
      ['bootstrap/app.php:3', 'environment', 'H', 'comma', 'whole-list', null],
    ]);
  });
});
