"""The app's user changes what lies in staging as fast as it can.

usage: racer.py TARGET|fifo

`.env` is by turns a file and a link to TARGET, or a FIFO; each new file beside it is replaced by a link to a file of root.
"""

import os
import sys

STAGING = "/var/app/staging"
ENV = f"{STAGING}/.env"
MADE = f"{STAGING}/.made-by-racer"
KNOWN = {*os.listdir(STAGING), ".env", ".made-by-racer"}


def put_trap():
    if sys.argv[1] == "fifo":
        os.mkfifo(MADE)
    else:
        os.symlink(sys.argv[1], MADE)


def put_file():
    with open(MADE, "w") as file:
        file.write("ALLOWED_HOSTS=example.com\n")


def replace(path, put):
    try:
        put()
        os.rename(MADE, path)
    except OSError:
        pass


while True:
    for put in (put_trap, put_file):
        replace(ENV, put)
        for name in set(os.listdir(STAGING)) - KNOWN:
            replace(f"{STAGING}/{name}", lambda: os.symlink("/root/secret.env", MADE))
