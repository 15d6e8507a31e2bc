import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ebHosts, scratchProject } from '../support/command-line.ts';
import { describeMachine, expectDone, expectRefused, expectServed, rootTime } from './expectations.ts';
import { bootMachine } from './machine.ts';

const fixture = join(import.meta.dirname, '../fixtures/project');

describeMachine('a Django project', () => {
  it(
    'goes from 400 to 200 with what a person does: init, commit, deploy; and back with remove',
    async () => {
      const project = scratchProject();
      onTestFinished(project.remove);
      cpSync(fixture, project.root, { recursive: true });
      project.commit();
      const machine = await bootMachine({ properties: { SECRET_KEY: 'of this test' } });
      onTestFinished(() => machine.close());

      /** Commits, and deploys what `git archive` makes of it, as the EB CLI does. */
      const deploy = async (version: string) => {
        project.git('commit', '--allow-empty', '--quiet', '--all', '--message', version);
        const bundle = join(project.root, '.git', version);
        mkdirSync(bundle);
        project.git('archive', '--output', `${bundle}.tar`, 'HEAD');
        execFileSync('tar', ['-xf', `${bundle}.tar`, '-C', bundle]);
        await expectDone(machine.deploy({ bundle }));
      };

      await deploy('before');
      await expectServed(machine, 'example.com', 'www.example.com');
      await expectRefused(machine, machine.address, 'evil.example');

      const { status, stderr } = await ebHosts(project.root, [
        'init',
        '--yes',
        '--health-check-path',
        '/health/',
      ]);
      expect(status, stderr).toBe(0);
      project.git('add', '--all');
      await deploy('with-hooks');
      await expectServed(machine, 'example.com', 'www.example.com', machine.address);
      await expectRefused(machine, 'evil.example');
      await expectDone(machine.updateConfiguration({ SECRET_KEY: 'x', ALLOWED_HOSTS: 'new.example' }));
      await expectServed(machine, 'new.example', machine.address);
      await expectRefused(machine, 'example.com');

      expect(await ebHosts(project.root, ['remove', '--yes'])).toMatchObject({ status: 0 });
      await deploy('removed');
      await expectServed(machine, 'new.example');
      await expectRefused(machine, machine.address);
    },
    rootTime,
  );
});
