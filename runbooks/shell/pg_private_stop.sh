# Stops the private server on $work/data, where it runs.
patience={{ limits.restore }}
private_stop() {
  if "$bindir/pg_ctl" status -D "$work/data" > /dev/null; then
    "$bindir/pg_ctl" stop -s -w -t "$patience" -m fast -D "$work/data"
  fi
}
