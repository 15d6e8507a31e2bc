"""The platform engine of an instance: runs one command, in the documented order of instructions.

usage: engine.py app-deploy|config-deploy|self-startup|restart-app-server

What it is to do stands in /opt/elasticbeanstalk/config/private/engine.json: `platform` ("python", "docker",
"compose" or "ecs"), `properties`, and what is unusual about this engine (see `Engine` in engine.ts). The bundle is
/opt/elasticbeanstalk/deployment/app_source_bundle. Status 0: deployed; 1: aborted, the old version serves on.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import platforms

HOME = Path("/opt/elasticbeanstalk")
STATE = json.loads((HOME / "config/private/engine.json").read_text())
PROPERTIES = STATE["properties"]
BUNDLE = HOME / "deployment/app_source_bundle"
STAGING = Path(STATE.get("stagingDirectory", "/var/app/staging"))
CURRENT = Path("/var/app/current")
PLATFORM = platforms.named(STATE["platform"])(STATE, STAGING, CURRENT)


def run(*command, **options):
    return subprocess.run(command, check=True, **options)


def deploy(hooks):
    instruction("StageApplication", stage)
    instruction("RunPreBuildHooks", run_hooks, hooks / "prebuild", STAGING)
    instruction("check Procfile", PLATFORM.build)
    instruction("RunPreDeployHooks", run_hooks, hooks / "predeploy", STAGING)
    instruction("stop proxy", proxy, "stop")
    instruction("FlipApplication", PLATFORM.flip)
    instruction("start proxy with new configuration", proxy, "start")
    instruction("RunPostDeployHooks", run_hooks, hooks / "postdeploy", CURRENT)
    PLATFORM.finish()


def instruction(name, action, *arguments):
    print(f"[INFO] Executing instruction: {name}", flush=True)
    action(*arguments)


def stage():
    PLATFORM.before_staging()
    shutil.rmtree(STAGING, ignore_errors=True)
    STAGING.mkdir(parents=True)
    run("unzip", "-q", "-o", BUNDLE, "-d", STAGING)
    PLATFORM.after_staging()


def run_hooks(directory, cwd):
    """Fork and exec, as the real engine does: a hook needs its x bit and a shebang."""
    found = cwd / directory
    if not found.is_dir():
        print(f"[INFO] The dir {found} does not exist", flush=True)
        return
    for hook in sorted(found.iterdir()):
        print(f"[INFO] Running script: {hook}", flush=True)
        run(hook, cwd=cwd, env=hook_environment(), stdin=subprocess.DEVNULL)


def hook_environment():
    own = {
        "HOME": "/root",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PORT": "8000",
    }
    return {**own, **({} if STATE.get("hooksLackProperties") else PROPERTIES)}


def proxy(action):
    if STATE.get("proxy", "nginx") != "none":
        run("systemctl", "--quiet", "--no-reload", "enable" if action == "start" else "disable", "nginx.service")
        run("systemctl", action, "nginx.service")


def restart_app_server():
    PLATFORM.restart()
    proxy("stop")
    proxy("start")


def main(command):
    print(f"[INFO] Engine command: ({command})", flush=True)
    if command == "restart-app-server":
        instruction("RestartAppServer", restart_app_server)
    else:
        deploy(Path(".platform") / ("confighooks" if command == "config-deploy" else "hooks"))


try:
    os.umask(0o022)
    main(sys.argv[1])
except (subprocess.CalledProcessError, OSError) as error:
    print(f"[ERROR] An error occurred during execution: {error}", flush=True)
    sys.exit(1)
