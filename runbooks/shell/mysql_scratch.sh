# Starts a server on the data directory $1/tree that only this script reaches, by $1/socket: no network, no binary log
# (what it does must not reach a replica), no replication, no events. It is stopped when the script ends.
scratch_start() {
  local account=() n=0
  # A server that starts removes the temporary tables it finds, also those of another one that runs.
  [ -d "$1/tmp" ] || mkdir --mode=700 -- "$1/tmp"
  if [ "$(id -u)" -eq 0 ]; then
    account=(--user="$(stat --format=%U -- "$1/tree")")
    chown --reference="$1/tree" -- "$1/tmp"
  fi
  {% if asset.kind == 'mysql' %}mysqld{% else %}mariadbd{% endif %} --datadir="$1/tree" --innodb-data-home-dir="$1/tree" --innodb-log-group-home-dir="$1/tree" \
    --socket="$1/socket" --pid-file="$1/tree/scratch.pid" --log-error="$1/error.log" --tmpdir="$1/tmp" --skip-networking --skip-log-bin --skip-slave-start \
    --event-scheduler=OFF --general-log=OFF --slow-query-log=OFF --innodb-flush-log-at-trx-commit=0 --max-allowed-packet=1G \
    {% if asset.kind == 'mysql' %}--mysqlx=OFF {% endif %}"${account[@]}" &
  server=$!
  trap scratch_stop EXIT
  # It answers a ping also where it refuses the account.
  until {% if asset.kind == 'mysql' %}mysqladmin{% else %}mariadb-admin{% endif %} --socket="$1/socket" --connect-timeout=2 ping > /dev/null 2>&1; do
    n=$((n + 1))
    if [ "$n" -gt 3000 ] || ! kill -0 "$server" 2> /dev/null; then
      tail -n 20 -- "$1/error.log" >&2
      return 1
    fi
    sleep 0.1
  done
}

# Stops it and waits until everything is written.
scratch_stop() {
  trap - EXIT
  kill -TERM "$server"
  wait "$server"
}
