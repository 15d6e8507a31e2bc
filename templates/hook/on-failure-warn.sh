trap '[ "$?" = 0 ] || leave "the deployment goes on without the address"' EXIT # --on-failure warn
