"""What differs between the platforms: where the environment properties are written, and what starts the app."""

import os
import shutil
import subprocess
from pathlib import Path

UNITS = Path("/etc/systemd/system")
DEPLOYMENT = Path("/opt/elasticbeanstalk/deployment")

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


def systemctl(*arguments, check=True):
    subprocess.run(["systemctl", "--quiet", *arguments], check=check)


def write(path, text, mode):
    """Replaces a file, as root, the way the real engine does: removed first, then created."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def lines(variables):
    """The format of the engine's own files: KEY=VALUE, never quoted."""
    return "".join(f"{name}={value}\n" for name, value in variables.items())


class Platform:
    """`state` is engine.json, `staging` and `current` are the two directories of the application."""

    def __init__(self, state, staging, current):
        self.state = state
        self.staging = staging
        self.current = current
        self.properties = {**state["properties"]}

    def before_staging(self):
        pass

    def after_staging(self):
        pass

    def build(self):
        pass

    def finish(self):
        pass

    def rename_staging(self):
        shutil.rmtree(self.current, ignore_errors=True)
        self.staging.rename(self.current)
        for directory, _, files in os.walk(self.current):
            for path in (directory, *(os.path.join(directory, file) for file in files)):
                os.lchown(path, 900, 900)


class Python(Platform):
    """Python, and every platform without Docker: the environment file is written in the flip, after predeploy."""

    def build(self):
        procfile = self.staging / "Procfile"
        if not procfile.exists():
            procfile.write_text("web: gunicorn --bind 127.0.0.1:8000 application:application\n")

    def write_environment(self):
        platform = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": "/var/app/current", "PORT": "8000"}
        write(DEPLOYMENT / "env", lines({**platform, **self.properties}), 0o400)

    def flip(self):
        if self.state.get("environmentFile") != "late":
            self.write_environment()
        if (UNITS / "web.service").exists():
            systemctl("stop", "eb-app.target", "web.service")
            systemctl("disable", "--no-reload", "web.service")
            systemctl("daemon-reload")
            systemctl("reset-failed", check=False)
        self.delete_drop_ins()
        self.rename_staging()
        write(UNITS / "eb-app.target", "[Install]\nWantedBy=multi-user.target\n", 0o644)
        write(UNITS / "web.service", WEB_SERVICE.format(command=self.web_command()), 0o644)
        Path("/var/pids").mkdir(exist_ok=True)
        os.chown("/var/pids", 900, 900)
        systemctl("daemon-reload")
        systemctl("reset-failed", check=False)
        systemctl("enable", "--no-reload", "eb-app.target", "web.service")
        systemctl("start", "eb-app.target")
        systemctl("start", "web.service", check=self.state.get("environmentFile") != "late")
        if self.state.get("environmentFile") == "late":
            self.write_environment()
            systemctl("restart", "web.service")

    def delete_drop_ins(self):
        shutil.rmtree(UNITS / "web.service.d", ignore_errors=True)
        if self.state.get("dropIns") == "deleted":
            shutil.rmtree("/usr/lib/systemd/system/web.service.d", ignore_errors=True)

    def web_command(self):
        for line in (self.current / "Procfile").read_text().splitlines():
            process, _, command = line.partition(":")
            if process.strip() == "web":
                return command.strip()
        raise OSError("the Procfile names no web process")

    def restart(self):
        systemctl("restart", "eb-app.target", "web.service")


class Docker(Platform):
    """One container: env.list is written before anything else, and read by `docker run --env-file`."""

    def before_staging(self):
        self.install_docker()
        write(DEPLOYMENT / "env.list", lines(self.properties), 0o644)

    def install_docker(self):
        docker = Path("/usr/local/bin/docker")
        if not docker.exists():
            docker.symlink_to("/usr/local/lib/machine/docker")

    def flip(self):
        self.run_container(DEPLOYMENT / "env.list")

    def run_container(self, env_file):
        """The environment of a container is fixed when it is made, and kept when it is restarted."""
        systemctl("stop", "eb-docker.service", check=False)
        self.rename_staging()
        shutil.copy(env_file, DEPLOYMENT / "container.env")
        self.start(f"docker run --env-file {DEPLOYMENT}/container.env")

    def start(self, command):
        unit = f"[Service]\nExecStart=/usr/local/bin/{command}\nRestart=always\nWorkingDirectory={self.current}\n"
        write(UNITS / "eb-docker.service", f"{unit}[Install]\nWantedBy=multi-user.target\n", 0o644)
        systemctl("daemon-reload")
        systemctl("enable", "--no-reload", "eb-docker.service")
        systemctl("start", "eb-docker.service")

    def restart(self):
        systemctl("restart", "eb-docker.service")


class Compose(Docker):
    """Docker Compose: `.env` beside the compose file, unless the bundle brings its own."""

    def after_staging(self):
        dotenv = self.staging / ".env"
        if not dotenv.exists():
            write(dotenv, lines(self.properties), 0o644)

    def flip(self):
        systemctl("stop", "eb-docker.service", check=False)
        self.rename_staging()
        self.start("docker compose up")


class Ecs(Docker):
    """ECS-managed Docker: the values stand in a task definition that is the same on every instance."""

    def before_staging(self):
        self.install_docker()
        write(DEPLOYMENT / "task-definition", lines(self.properties), 0o644)

    def flip(self):
        self.run_container(DEPLOYMENT / "task-definition")


def named(name):
    return {"python": Python, "docker": Docker, "compose": Compose, "ecs": Ecs}[name]
