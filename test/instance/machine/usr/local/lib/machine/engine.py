"""The platform engine of an instance: runs one command, in the documented order of instructions.

usage: engine.py app-deploy|config-deploy|self-startup|restart-app-server

What it is to do stands in /opt/elasticbeanstalk/config/private/engine.json: `platform` ("python", "docker",
"compose" or "ecs"), `properties`, and what is unusual about this engine (see `Engine` in machine.ts). The bundle is
/opt/elasticbeanstalk/deployment/app_source_bundle. Status 0: deployed; 1: aborted, the old version serves on.
Containers are not started: what docker and Compose read is tested with them (test/containers).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

DEPLOYMENT = Path("/opt/elasticbeanstalk/deployment")
STATE = json.loads(Path("/opt/elasticbeanstalk/config/private/engine.json").read_text())
PROPERTIES = STATE["properties"]
STAGING = Path("/var/app/staging")
CURRENT = Path("/var/app/current")
UNITS = Path("/etc/systemd/system")
ENVIRONMENT = {"HOME": "/root", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PORT": "8000"}

WEB_SERVICE = """\
[Unit]
Description=This is web daemon
PartOf=eb-app.target

[Service]
User=webapp
Type=simple
EnvironmentFile=/opt/elasticbeanstalk/deployment/env
ExecStart=/bin/sh -c "{command}"
ExecStartPost=/bin/sh -c "systemctl show -p MainPID web.service | cut -d= -f2 > /var/pids/web.pid"
ExecStopPost=/bin/sh -c "rm -f /var/pids/web.pid"
WorkingDirectory=/var/app/current/
Restart=always
SyslogIdentifier=web

[Install]
WantedBy=multi-user.target
"""


class Docker:
    """One container: env.list is written before anything else."""

    def before_staging(self):
        Path("/var/lib/docker").mkdir(exist_ok=True)
        write_variables(DEPLOYMENT / "env.list", PROPERTIES, 0o644)

    def after_staging(self):
        pass

    def flip(self):
        rename_staging()


class Compose(Docker):
    """`.env` beside the compose file, unless the bundle brings its own."""

    def after_staging(self):
        if not (STAGING / ".env").exists():
            write_variables(STAGING / ".env", PROPERTIES, 0o644)


class Python:
    """Python, and every platform without Docker: the environment file is written in the flip, after predeploy."""

    def before_staging(self):
        # The same machine may have been an instance with Docker in a test before.
        (DEPLOYMENT / "env.list").unlink(missing_ok=True)
        shutil.rmtree("/var/lib/docker", ignore_errors=True)

    def after_staging(self):
        pass

    def flip(self):
        paths = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": "/var/app/current", "PORT": "8000"}
        write_variables(DEPLOYMENT / "env", {**paths, **PROPERTIES}, 0o400)
        if (UNITS / "web.service").exists():
            systemctl("stop", "eb-app.target", "web.service")
            systemctl("disable", "--no-reload", "web.service")
            systemctl("daemon-reload")
            systemctl("reset-failed", check=False)
        shutil.rmtree(UNITS / "web.service.d", ignore_errors=True)
        if STATE.get("dropIns") == "deleted":
            shutil.rmtree("/usr/lib/systemd/system/web.service.d", ignore_errors=True)
        rename_staging()
        (UNITS / "eb-app.target").write_text("[Install]\nWantedBy=multi-user.target\n")
        _, _, command = (CURRENT / "Procfile").read_text().partition("web:")
        (UNITS / "web.service").write_text(WEB_SERVICE.format(command=command.strip()))
        Path("/var/pids").mkdir(exist_ok=True)
        os.chown("/var/pids", 900, 900)
        systemctl("daemon-reload")
        systemctl("reset-failed", check=False)
        systemctl("enable", "--no-reload", "eb-app.target", "web.service")
        systemctl("start", "eb-app.target")
        systemctl("start", "web.service")


class Ecs(Python):
    """ECS-managed Docker: the values stand in a task definition that is the same on every instance."""

    def flip(self):
        rename_staging()


PLATFORM = {"python": Python, "docker": Docker, "compose": Compose, "ecs": Ecs}[STATE["platform"]]()


def run(*command, **options):
    return subprocess.run(command, check=True, **options)


def systemctl(*arguments, check=True):
    subprocess.run(["systemctl", "--quiet", *arguments], check=check)


def write_variables(path, variables, mode):
    """KEY=VALUE, never quoted; the file is removed first, then created, as the real engine does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write("".join(f"{name}={value}\n" for name, value in variables.items()))


def rename_staging():
    shutil.rmtree(CURRENT, ignore_errors=True)
    STAGING.rename(CURRENT)
    run("chown", "-hR", "webapp:webapp", CURRENT)


def deploy(hooks):
    instruction("StageApplication", stage)
    instruction("RunAppDeployPreBuildHooks", run_hooks, hooks / "prebuild", STAGING)
    instruction("RunAppDeployPreDeployHooks", run_hooks, hooks / "predeploy", STAGING)
    instruction("stop proxy", proxy, "disable --no-reload", "stop")
    instruction("FlipApplication", PLATFORM.flip)
    instruction("start proxy with new configuration", proxy, "enable --no-reload", "start")
    instruction("RunAppDeployPostDeployHooks", run_hooks, hooks / "postdeploy", CURRENT)


def instruction(name, action, *arguments):
    print(f"[INFO] Executing instruction: {name}", flush=True)
    action(*arguments)


def stage():
    PLATFORM.before_staging()
    shutil.rmtree(STAGING, ignore_errors=True)
    STAGING.mkdir(parents=True)
    run("unzip", "-q", "-o", DEPLOYMENT / "app_source_bundle", "-d", STAGING)
    PLATFORM.after_staging()


def run_hooks(directory, cwd):
    """Fork and exec, as the real engine does: a hook needs its x bit and a shebang."""
    found = cwd / directory
    if not found.is_dir():
        print(f"[INFO] The dir {found} does not exist", flush=True)
        return
    properties = {} if STATE.get("hooksLackProperties") else PROPERTIES
    for hook in sorted(found.iterdir()):
        print(f"[INFO] Running script: {hook}", flush=True)
        run(hook, cwd=cwd, env={**ENVIRONMENT, **properties}, stdin=subprocess.DEVNULL)


def proxy(*commands):
    for command in commands:
        systemctl(*command.split(), "nginx.service")


def main(command):
    print(f"[INFO] Engine command: ({command})", flush=True)
    if command == "restart-app-server":
        systemctl("restart", "eb-app.target", "web.service")
        proxy("stop", "start")
    else:
        deploy(Path(".platform") / ("confighooks" if command == "config-deploy" else "hooks"))


try:
    os.umask(0o022)
    main(sys.argv[1])
except (subprocess.CalledProcessError, OSError) as error:
    print(f"[ERROR] An error occurred during execution: {error}", flush=True)
    sys.exit(1)
