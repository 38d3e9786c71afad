# Starts a server on $work/data that nobody but this account reaches: no network, and its socket, its rules of
# access and its log in a directory that is closed to others.
patience={{ limits.restore }}
config_file={{ config_file }}
private_start() {
  local options
  [ -d "$work/private" ] || mkdir --mode=700 -- "$work/private"
  (
    umask 077
    # Each start writes it anew: nothing of a start before is kept.
    printf 'local all all trust\n' > "$work/private/pg_hba.new"
  )
  options="-c listen_addresses='' -c port=5432 -c unix_socket_permissions=0700 -c logging_collector=off -c log_destination=stderr -c lc_messages=C"
  options="$options -c ssl=off -c hot_standby=on -c external_pid_file='' -c hba_file=$(as_shell_word "$work/private/pg_hba.new")"
  options="$options -c unix_socket_directories=$(as_shell_word "\"${work//\"/\"\"}/private\"")"
  if [ ! -f "$work/data/postgresql.conf" ]; then
    options="$options -c config_file=$(as_shell_word "$config_file") -c data_directory=$(as_shell_word "$work/data")"
  fi
  if ! "$bindir/pg_ctl" start -s -w -t "$patience" -D "$work/data" -l "$work/private/log" -o "$options"; then
    tail -n 30 -- "$work/private/log" >&2
    return 1
  fi
}
