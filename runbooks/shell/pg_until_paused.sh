# Waits until the private server has replayed its log up to the target and pauses there.
until_paused() {
  local tries=0
  while [ "$(ask -c 'select case when pg_is_in_recovery() then pg_is_wal_replay_paused() end')" != t ]; do
    "$bindir/pg_ctl" status -D "$work/data" > /dev/null || { tail -n 30 -- "$work/private/log" >&2; return 1; }
    if [ "$(ask -c 'select pg_is_in_recovery()')" != t ]; then
      printf 'the recovery ended before the target\n' >&2
      return 1
    fi
    tries=$((tries + 1))
    if [ "$tries" -gt $((patience * 5)) ]; then
      printf 'the target was not reached\n' >&2
      return 1
    fi
    sleep 0.2
  done
}
